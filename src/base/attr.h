/* SPDX-License-Identifier: MIT */
/* Compiler attributes by the name of what they promise. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

/** The result must be used. */
#define NODISCARD __attribute__((warn_unused_result))
/** Argument FMT is a printf format for the arguments from ARGS on. */
#define PRINTF(FMT, ARGS) __attribute__((format(printf, FMT, ARGS)))
/** Every pointer argument is non-null. */
#define NONNULL __attribute__((nonnull))
/** The listed pointer arguments are non-null. */
#define NONNULL_ARGS(...) __attribute__((nonnull(__VA_ARGS__)))
/** Never returns NULL. */
#define RETURNS_NONNULL __attribute__((returns_nonnull))
/** Does not return. */
#define NORETURN __attribute__((noreturn))
/** The parameter or variable may stay unused. */
#define UNUSED __attribute__((unused))
/** A case that goes on into the next on purpose. */
#define FALLTHROUGH __attribute__((fallthrough))

/** Number of elements of an array (not of a pointer). */
#define ARRAY_LEN(A) (sizeof(A) / sizeof((A)[0]))

#endif
