// Lua's patterns (manual §6.4.1), written for a budget: backtracking can take exponential time inside one call, where
// no hook comes by. Every step is counted; a call that needs more than its budget fails, and what it used counts as
// work of the task.

#include "matcher.h"

#include <ctype.h>
#include <string.h>

enum {
    DEPTH = 200,          // nested choices: bounds the C stack
    STEPS_A_BYTE = 8,     // of the subject, on top of the budget
    STEPS_A_UNIT = 4,
    PORTION = 1000,       // steps between two looks at the budget
    ESCAPE = '%',
};

static const char *match(clua_matcher *m, const char *s, const char *p);

void clua_matcher_settle(clua_matcher *m) {
    clua_charge(m->L, (m->steps - m->settled) / STEPS_A_UNIT);
    m->settled = m->steps;
}

static void step(clua_matcher *m, size_t count) {
    m->steps += count;
    if (m->steps - m->settled < PORTION) return;
    clua_matcher_settle(m);
    if (m->steps > m->budget) {
        luaL_error(m->L, "pattern too complex: more than %I steps", (LUAI_UACINT)m->budget);
    }
}

// MARK: One character

// Past the item that begins at p: a character, %x, or a set.
static const char *item_end(clua_matcher *m, const char *p) {
    char first = *p++;
    if (first == ESCAPE) {
        if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 1;
    }
    if (first != '[') return p;
    if (p < m->pattern_end && *p == '^') p++;
    do {  // a ']' in front is one of the set
        if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == ESCAPE) {
            if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
            p++;
        }
    } while (p == m->pattern_end || *p != ']');
    return p + 1;
}

static bool is_in_class(int c, int class) {
    bool in;
    switch (tolower(class)) {
    case 'a': in = isalpha(c); break;
    case 'c': in = iscntrl(c); break;
    case 'd': in = isdigit(c); break;
    case 'g': in = isgraph(c); break;
    case 'l': in = islower(c); break;
    case 'p': in = ispunct(c); break;
    case 's': in = isspace(c); break;
    case 'u': in = isupper(c); break;
    case 'w': in = isalnum(c); break;
    case 'x': in = isxdigit(c); break;
    default: return class == c;
    }
    return isupper(class) ? !in : in;
}

// [p, end) is a set with its brackets.
static bool is_in_set(int c, const char *p, const char *end) {
    bool in = true;
    end--;
    p++;
    if (*p == '^') {
        in = false;
        p++;
    }
    for (; p < end; p++) {
        if (*p == ESCAPE) {
            p++;
            if (is_in_class(c, (unsigned char)*p)) return in;
        } else if (p + 2 < end && p[1] == '-') {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2]) return in;
            p += 2;
        } else if ((unsigned char)*p == c) {
            return in;
        }
    }
    return !in;
}

static bool fits(clua_matcher *m, const char *s, const char *p, const char *item) {
    if (s >= m->end) return false;
    int c = (unsigned char)*s;
    switch (*p) {
    case '.': return true;
    case ESCAPE: return is_in_class(c, (unsigned char)p[1]);
    case '[':
        step(m, (size_t)(item - p) / 4);
        return is_in_set(c, p, item);
    default: return (unsigned char)*p == c;
    }
}

// MARK: Captures

static int capture_to_close(clua_matcher *m) {
    for (int i = m->level - 1; i >= 0; i--) {
        if (m->captures[i].length == CLUA_OPEN) return i;
    }
    return luaL_error(m->L, "invalid pattern capture");
}

static const char *open_capture(clua_matcher *m, const char *s, const char *p, ptrdiff_t length) {
    if (m->level >= CLUA_CAPTURES) luaL_error(m->L, "too many captures");
    m->captures[m->level].start = s;
    m->captures[m->level].length = length;
    m->level++;
    const char *found = match(m, s, p);
    if (!found) m->level--;
    return found;
}

static const char *close_capture(clua_matcher *m, const char *s, const char *p) {
    int i = capture_to_close(m);
    m->captures[i].length = s - m->captures[i].start;
    const char *found = match(m, s, p);
    if (!found) m->captures[i].length = CLUA_OPEN;
    return found;
}

// %1 … %9: past the same text as that capture.
static const char *same_as_capture(clua_matcher *m, const char *s, int digit) {
    int i = digit - '1';
    if (i < 0 || i >= m->level || m->captures[i].length == CLUA_OPEN) {
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    }
    if (m->captures[i].length == CLUA_POSITION) return NULL;
    size_t length = (size_t)m->captures[i].length;
    step(m, length / 8);
    bool same = (size_t)(m->end - s) >= length && memcmp(m->captures[i].start, s, length) == 0;
    return same ? s + length : NULL;
}

// %bxy: past the balanced text.
static const char *balanced(clua_matcher *m, const char *s, const char *p) {
    if (m->pattern_end - p < 2) luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->end || *s != p[0]) return NULL;
    size_t depth = 1;
    for (const char *at = s + 1; at < m->end; at++) {
        step(m, 1);
        if (*at == p[1]) {
            if (--depth == 0) return at + 1;
        } else if (*at == p[0]) {
            depth++;
        }
    }
    return NULL;
}

// MARK: Matching

static const char *most_first(clua_matcher *m, const char *s, const char *p, const char *item) {
    ptrdiff_t count = 0;
    while (fits(m, s + count, p, item)) {
        step(m, 1);
        count++;
    }
    for (; count >= 0; count--) {
        const char *found = match(m, s + count, item + 1);
        if (found) return found;
    }
    return NULL;
}

static const char *fewest_first(clua_matcher *m, const char *s, const char *p, const char *item) {
    for (;; s++) {
        const char *found = match(m, s, item + 1);
        if (found) return found;
        if (!fits(m, s, p, item)) return NULL;
    }
}

// Whether %f[set] holds at s: the set begins here.
static bool is_frontier(clua_matcher *m, const char *s, const char *set, const char *end) {
    int before = s == m->subject ? 0 : (unsigned char)s[-1];
    int here = s == m->end ? 0 : (unsigned char)*s;
    step(m, (size_t)(end - set) / 2);
    return !is_in_set(before, set, end) && is_in_set(here, set, end);
}

// The end of a match of [p, pattern_end) that begins at s, or null.
static const char *match_here(clua_matcher *m, const char *s, const char *p) {
    while (p < m->pattern_end) {
        step(m, 1);
        if (*p == '(') {
            bool position = p + 1 < m->pattern_end && p[1] == ')';
            return position ? open_capture(m, s, p + 2, CLUA_POSITION) : open_capture(m, s, p + 1, CLUA_OPEN);
        }
        if (*p == ')') return close_capture(m, s, p + 1);
        if (*p == '$' && p + 1 == m->pattern_end) return s == m->end ? s : NULL;
        if (*p == ESCAPE && p + 1 < m->pattern_end) {
            int kind = (unsigned char)p[1];
            if (kind == 'b') {
                s = balanced(m, s, p + 2);
                if (!s) return NULL;
                p += 4;
                continue;
            }
            if (kind == 'f') {
                p += 2;
                if (p >= m->pattern_end || *p != '[') {
                    luaL_error(m->L, "missing '[' after '%%f' in pattern");
                }
                const char *end = item_end(m, p);
                if (!is_frontier(m, s, p, end)) return NULL;
                p = end;
                continue;
            }
            if (isdigit(kind)) {
                s = same_as_capture(m, s, kind);
                if (!s) return NULL;
                p += 2;
                continue;
            }
        }
        const char *item = item_end(m, p);
        if (*p == '[') step(m, (size_t)(item - p) / 4);
        char quantifier = item < m->pattern_end ? *item : 0;
        if (quantifier == '-') return fewest_first(m, s, p, item);
        if (quantifier == '*') return most_first(m, s, p, item);
        bool fit = fits(m, s, p, item);
        if (quantifier == '+') return fit ? most_first(m, s + 1, p, item) : NULL;
        if (quantifier == '?') {
            if (fit) {
                const char *found = match(m, s + 1, item + 1);
                if (found) return found;
            }
            p = item + 1;
            continue;
        }
        if (!fit) return NULL;
        s++;
        p = item;
    }
    return s;
}

static const char *match(clua_matcher *m, const char *s, const char *p) {
    if (m->depth >= DEPTH) luaL_error(m->L, "pattern too complex");
    m->depth++;
    const char *found = match_here(m, s, p);
    m->depth--;
    return found;
}

void clua_matcher_prepare(
    clua_matcher *m, lua_State *L, const char *subject, size_t size, const char *pattern_end) {
    m->L = L;
    m->subject = subject;
    m->end = subject + size;
    m->pattern_end = pattern_end;
    m->budget = clua_engine_of(L)->limits.pattern_steps + STEPS_A_BYTE * (uint64_t)size;
    m->steps = 0;
    m->settled = 0;
    m->depth = 0;
    m->level = 0;
}

const char *clua_match(clua_matcher *m, const char *s, const char *p) {
    m->depth = 0;
    m->level = 0;
    step(m, 1);
    return match(m, s, p);
}
