// What the pattern functions need of the matcher.

#ifndef CLUA_MATCHER_H
#define CLUA_MATCHER_H

#include "internal.h"

enum { CLUA_CAPTURES = 32 };
enum { CLUA_OPEN = -1, CLUA_POSITION = -2 };  // in place of a capture's length

typedef struct {
    lua_State *L;
    const char *subject, *end, *pattern_end;
    uint64_t budget, steps, settled;
    int depth, level;  // nested choices; captures so far
    struct {
        const char *start;
        ptrdiff_t length;
    } captures[CLUA_CAPTURES];
} clua_matcher;

void clua_matcher_prepare(
    clua_matcher *m, lua_State *L, const char *subject, size_t size, const char *pattern_end);
// The end of the match of the pattern from p on that begins at s, or null.
const char *clua_match(clua_matcher *m, const char *s, const char *p);
// Counts the steps so far as work.
void clua_matcher_settle(clua_matcher *m);

#endif
