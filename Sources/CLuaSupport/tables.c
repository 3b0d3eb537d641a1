// The table library: what Lua's manual (§6.6) says, with every loop counted. Lua's own loops over ranges that a script
// may choose freely, without an instruction in between that a hook could interrupt.

#include <limits.h>

#include "buffer.h"

// Elements are counted in portions of this many.
enum { PORTION = 64 };

static void count_loop(lua_State *L, uint64_t step) {
    if (step % PORTION == PORTION - 1) clua_charge(L, PORTION);
}

static lua_Integer check_table(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    return luaL_len(L, 1);
}

static int insert(lua_State *L) {
    lua_Integer end = (lua_Integer)((lua_Unsigned)check_table(L) + 1);
    lua_Integer position = end;
    switch (lua_gettop(L)) {
    case 2: break;
    case 3:
        position = luaL_checkinteger(L, 2);
        luaL_argcheck(L, (lua_Unsigned)position - 1u < (lua_Unsigned)end, 2, "position out of bounds");
        for (lua_Integer i = end; i > position; i--) {
            count_loop(L, (uint64_t)i);
            lua_geti(L, 1, i - 1);
            lua_seti(L, 1, i);
        }
        break;
    default: return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    lua_seti(L, 1, position);
    return 0;
}

static int take_out(lua_State *L) {
    lua_Integer size = check_table(L);
    lua_Integer position = luaL_optinteger(L, 2, size);
    // One past the end may be named, and the end itself even if the table is empty.
    luaL_argcheck(L, position == size || (lua_Unsigned)position - 1u <= (lua_Unsigned)size, 2,
                  "position out of bounds");
    lua_geti(L, 1, position);
    for (; position < size; position++) {
        count_loop(L, (uint64_t)position);
        lua_geti(L, 1, position + 1);
        lua_seti(L, 1, position);
    }
    lua_pushnil(L);
    lua_seti(L, 1, position);
    return 1;
}

static int move(lua_State *L) {
    lua_Integer from = luaL_checkinteger(L, 2);
    lua_Integer end = luaL_checkinteger(L, 3);
    lua_Integer to = luaL_checkinteger(L, 4);
    int target = lua_isnoneornil(L, 5) ? 1 : 5;
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, target, LUA_TTABLE);
    if (end >= from) {
        luaL_argcheck(L, from > 0 || end < LUA_MAXINTEGER + from, 3, "too many elements to move");
        lua_Integer last = end - from;
        luaL_argcheck(L, to <= LUA_MAXINTEGER - last, 4, "destination wrap around");
        bool upwards = to > end || to <= from || (target != 1 && !lua_compare(L, 1, target, LUA_OPEQ));
        for (lua_Integer i = 0; i <= last; i++) {
            lua_Integer offset = upwards ? i : last - i;
            count_loop(L, (uint64_t)i);
            lua_geti(L, 1, from + offset);
            lua_seti(L, target, to + offset);
        }
    }
    lua_pushvalue(L, target);
    return 1;
}

static int pack(lua_State *L) {
    int count = lua_gettop(L);
    clua_charge(L, (uint64_t)count);
    lua_createtable(L, count, 1);
    lua_insert(L, 1);
    for (int i = count; i >= 1; i--) lua_rawseti(L, 1, i);
    lua_pushinteger(L, count);
    lua_setfield(L, 1, "n");
    return 1;
}

static int unpack(lua_State *L) {
    lua_Integer from = luaL_optinteger(L, 2, 1);
    lua_Integer end = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
    if (from > end) return 0;
    lua_Unsigned count = (lua_Unsigned)end - (lua_Unsigned)from;
    if (count >= INT_MAX || !lua_checkstack(L, (int)++count)) return luaL_error(L, "too many results to unpack");
    clua_charge(L, count);
    for (lua_Unsigned i = 0; i < count; i++) lua_geti(L, 1, (lua_Integer)((lua_Unsigned)from + i));
    return (int)count;
}

static int concat(lua_State *L) {
    lua_Integer end = check_table(L);
    size_t separator_size;
    const char *separator = luaL_optlstring(L, 2, "", &separator_size);
    lua_Integer i = luaL_optinteger(L, 3, 1);
    end = luaL_optinteger(L, 4, end);
    clua_buffer buffer;
    buffer_start(&buffer, L);
    for (uint64_t step = 0; i <= end; step++, i++) {
        count_loop(L, step);
        lua_geti(L, 1, i);
        if (!lua_isstring(L, -1)) {
            return luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1),
                              (LUAI_UACINT)i);
        }
        size_t size;
        const char *text = lua_tolstring(L, -1, &size);
        buffer_add(&buffer, text, size);
        lua_pop(L, 1);
        if (i == end) break;
        buffer_add(&buffer, separator, separator_size);
    }
    buffer_push(&buffer);
    return 1;
}

// MARK: sort

// Whether the value on top comes before the one under it. Pops neither.
static bool is_before(lua_State *L) {
    if (lua_isnil(L, 2)) return lua_compare(L, -1, -2, LUA_OPLT) != 0;
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_call(L, 2, 1);
    bool before = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return before;
}

// Merges [low, middle) and [middle, high) of the table at `from` into the one at `to`. Stable.
static void merge(lua_State *L, int from, int to, lua_Integer low, lua_Integer middle, lua_Integer high) {
    lua_Integer left = low, right = middle;
    for (lua_Integer next = low; next < high; next++) {
        bool take_right = left >= middle;
        if (!take_right && right < high) {
            lua_rawgeti(L, from, left);
            lua_rawgeti(L, from, right);
            take_right = is_before(L);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, from, take_right ? right++ : left++);
        lua_rawseti(L, to, next);
    }
}

// A merge sort on copies: stable, never worse than n log n, and a comparison that contradicts itself or fails leaves
// the table as it was.
static int sort(lua_State *L) {
    lua_Integer size = check_table(L);
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    if (size < 2) return 0;
    luaL_argcheck(L, size < INT_MAX, 1, "array too big");
    int from = 3, to = 4;
    lua_createtable(L, (int)size, 0);
    lua_createtable(L, (int)size, 0);
    for (lua_Integer i = 1; i <= size; i++) {
        count_loop(L, (uint64_t)i);
        lua_geti(L, 1, i);
        lua_rawseti(L, from, i);
    }
    for (lua_Integer width = 1; width < size; width *= 2) {
        for (lua_Integer low = 1; low <= size; low += 2 * width) {
            lua_Integer middle = low + width < size + 1 ? low + width : size + 1;
            lua_Integer high = low + 2 * width < size + 1 ? low + 2 * width : size + 1;
            clua_charge(L, (uint64_t)(high - low));
            merge(L, from, to, low, middle, high);
        }
        int swapped = from;
        from = to;
        to = swapped;
    }
    for (lua_Integer i = 1; i <= size; i++) {
        count_loop(L, (uint64_t)i);
        lua_rawgeti(L, from, i);
        lua_seti(L, 1, i);
    }
    return 0;
}

void clua_open_table(lua_State *L) {
    static const luaL_Reg functions[] = {{"concat", concat}, {"insert", insert}, {"move", move}, {"pack", pack},
                                         {"remove", take_out}, {"sort", sort}, {"unpack", unpack}, {NULL, NULL}};
    luaL_newlib(L, functions);
}
