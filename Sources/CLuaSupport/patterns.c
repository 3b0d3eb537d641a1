// string.find, match, gmatch and gsub on our matcher.

#define _GNU_SOURCE  // memmem
#include <ctype.h>

#include "buffer.h"
#include "matcher.h"

// Pushes capture i, or the whole match [s, end) if there are none.
static void push_capture(clua_matcher *m, int i, const char *s, const char *end) {
    if (i >= m->level) {
        if (i > 0) luaL_error(m->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(m->L, s, (size_t)(end - s));
        return;
    }
    ptrdiff_t length = m->captures[i].length;
    if (length == CLUA_OPEN) luaL_error(m->L, "unfinished capture");
    if (length == CLUA_POSITION) {
        lua_pushinteger(m->L, m->captures[i].start - m->subject + 1);
    } else {
        lua_pushlstring(m->L, m->captures[i].start, (size_t)length);
    }
}

static int push_captures(clua_matcher *m, const char *s, const char *end, bool whole) {
    int count = m->level == 0 && whole ? 1 : m->level;
    luaL_checkstack(m->L, count, "too many captures");
    for (int i = 0; i < count; i++) push_capture(m, i, s, end);
    return count;
}

// A place as scripts write it: from 1, negative from the end. Answers the offset, which may be past the end.
static size_t offset_of(lua_Integer position, size_t size) {
    if (position > 0) return (size_t)position - 1;
    if (position == 0) return 0;
    return (lua_Unsigned)0 - (lua_Unsigned)position > size ? 0 : size - (size_t)(0 - (lua_Unsigned)position);
}

static bool is_plain(const char *pattern, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (strchr("^$*+?.([%-", pattern[i]) && pattern[i]) return false;
    }
    return true;
}

static int search(lua_State *L, bool find) {
    size_t size, pattern_size;
    const char *subject = luaL_checklstring(L, 1, &size);
    const char *p = luaL_checklstring(L, 2, &pattern_size);
    size_t start = offset_of(luaL_optinteger(L, 3, 1), size);
    if (start > size) {
        luaL_pushfail(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(p, pattern_size))) {
        clua_charge(L, (size - start + pattern_size) / 16);
        const char *found = pattern_size == 0 ? subject + start
                                              : memmem(subject + start, size - start, p, pattern_size);
        if (!found) {
            luaL_pushfail(L);
            return 1;
        }
        lua_pushinteger(L, found - subject + 1);
        lua_pushinteger(L, found - subject + (lua_Integer)pattern_size);
        return 2;
    }
    clua_matcher m;
    clua_matcher_prepare(&m, L, subject, size, p + pattern_size);
    bool anchored = pattern_size > 0 && *p == '^';
    if (anchored) p++;
    for (const char *s = subject + start; s <= m.end; s++) {
        const char *end = clua_match(&m, s, p);
        if (end) {
            clua_matcher_settle(&m);
            if (!find) return push_captures(&m, s, end, true);
            lua_pushinteger(L, s - subject + 1);
            lua_pushinteger(L, end - subject);
            return push_captures(&m, s, end, false) + 2;
        }
        if (anchored) break;
    }
    clua_matcher_settle(&m);
    luaL_pushfail(L);
    return 1;
}

static int str_find(lua_State *L) { return search(L, true); }
static int str_match(lua_State *L) { return search(L, false); }

// MARK: gmatch

enum { SUBJECT = 1, PATTERN, NEXT, LAST_END, UPVALUES = 4 };

static int next_match(lua_State *L) {
    size_t size, pattern_size;
    const char *subject = lua_tolstring(L, lua_upvalueindex(SUBJECT), &size);
    const char *pattern = lua_tolstring(L, lua_upvalueindex(PATTERN), &pattern_size);
    lua_Integer last_end = lua_tointeger(L, lua_upvalueindex(LAST_END));
    clua_matcher m;
    clua_matcher_prepare(&m, L, subject, size, pattern + pattern_size);
    for (size_t next = (size_t)lua_tointeger(L, lua_upvalueindex(NEXT)); next <= size; next++) {
        const char *end = clua_match(&m, subject + next, pattern);
        if (!end || end - subject == last_end) continue;
        clua_matcher_settle(&m);
        lua_pushinteger(L, end - subject);
        lua_copy(L, -1, lua_upvalueindex(NEXT));
        lua_replace(L, lua_upvalueindex(LAST_END));
        return push_captures(&m, subject + next, end, true);
    }
    clua_matcher_settle(&m);
    lua_pushinteger(L, (lua_Integer)size + 1);
    lua_replace(L, lua_upvalueindex(NEXT));
    return 0;
}

static int str_gmatch(lua_State *L) {
    size_t size;
    luaL_checklstring(L, 1, &size);
    luaL_checkstring(L, 2);
    size_t start = offset_of(luaL_optinteger(L, 3, 1), size);
    lua_settop(L, 2);
    lua_pushinteger(L, start > size ? (lua_Integer)size + 1 : (lua_Integer)start);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, UPVALUES);
    return 1;
}

// MARK: gsub

static void add_template(clua_matcher *m, clua_buffer *buffer, const char *s, const char *end) {
    size_t size;
    const char *text = lua_tolstring(m->L, 3, &size);
    const char *text_end = text + size;
    while (text < text_end) {
        const char *escape = memchr(text, '%', (size_t)(text_end - text));
        const char *plain_end = escape ? escape : text_end;
        buffer_add(buffer, text, (size_t)(plain_end - text));
        if (!escape) return;
        char kind = escape + 1 < text_end ? escape[1] : 0;
        text = escape + 2;
        if (kind == '%') {
            buffer_add(buffer, "%", 1);
        } else if (kind == '0') {
            buffer_add(buffer, s, (size_t)(end - s));
        } else if (isdigit((unsigned char)kind)) {
            push_capture(m, kind - '1', s, end);
            size_t capture_size;
            const char *capture = lua_tolstring(m->L, -1, &capture_size);
            buffer_add(buffer, capture, capture_size);
            lua_pop(m->L, 1);
        } else {
            luaL_error(m->L, "invalid use of '%%' in replacement string");
        }
    }
}

// Adds what stands for the match [s, end); false if that is the match itself.
static bool add_replacement(clua_matcher *m, clua_buffer *buffer, const char *s, const char *end) {
    lua_State *L = m->L;
    switch (lua_type(L, 3)) {
    case LUA_TFUNCTION: {
        lua_pushvalue(L, 3);
        int count = push_captures(m, s, end, true);
        lua_call(L, count, 1);
        break;
    }
    case LUA_TTABLE:
        push_capture(m, 0, s, end);
        lua_gettable(L, 3);
        break;
    default: add_template(m, buffer, s, end); return true;
    }
    bool replaced = lua_toboolean(L, -1);
    if (!replaced) {
        buffer_add(buffer, s, (size_t)(end - s));
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    } else {
        size_t size;
        const char *text = lua_tolstring(L, -1, &size);
        buffer_add(buffer, text, size);
    }
    lua_pop(L, 1);
    return replaced;
}

static int str_gsub(lua_State *L) {
    size_t size, pattern_size;
    const char *s = luaL_checklstring(L, 1, &size);
    const char *p = luaL_checklstring(L, 2, &pattern_size);
    int type = lua_type(L, 3);
    luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                     "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)size + 1);
    lua_settop(L, 3);
    if (type == LUA_TNUMBER) lua_tostring(L, 3);
    clua_matcher m;
    clua_buffer buffer;
    clua_matcher_prepare(&m, L, s, size, p + pattern_size);
    buffer_start(&buffer, L);
    bool anchored = pattern_size > 0 && *p == '^';
    if (anchored) p++;
    const char *last_end = NULL;
    lua_Integer count = 0;
    bool changed = false;
    while (count < most) {
        const char *end = clua_match(&m, s, p);
        if (end && end != last_end) {
            count++;
            changed |= add_replacement(&m, &buffer, s, end);
            s = last_end = end;
        } else if (s < m.end) {
            buffer_add(&buffer, s, 1);
            s++;
        } else {
            break;
        }
        if (anchored) break;
    }
    clua_matcher_settle(&m);
    if (changed) {
        buffer_add(&buffer, s, (size_t)(m.end - s));
        buffer_push(&buffer);
    } else {
        lua_pushvalue(L, 1);
    }
    lua_pushinteger(L, count);
    return 2;
}

void clua_add_patterns(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"find", str_find}, {"gmatch", str_gmatch}, {"gsub", str_gsub}, {"match", str_match}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
