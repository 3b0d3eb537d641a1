// The basic functions, mathematics and UTF-8, as scripts see them. What is harmless is Lua's own; what could escape a
// limit, reach another task or the machine is ours or missing.

#include <limits.h>

#include "internal.h"

void clua_copy(lua_State *L, int from, const char *const *names) {
    from = lua_absindex(L, from);
    for (; *names; names++) {
        lua_getfield(L, from, *names);
        lua_setfield(L, -2, *names);
    }
}

static int counted(lua_State *L) {
    uint64_t bytes = 0;
    int count = lua_gettop(L);
    int last = (int)lua_tointeger(L, lua_upvalueindex(2));
    for (int i = 1; i <= count && i <= last; i++) {
        if (lua_type(L, i) == LUA_TSTRING) bytes += lua_rawlen(L, i);
    }
    clua_charge(L, bytes / 16 + (uint64_t)count);
    if (bytes > 1024) clua_make_room(L, 3 * bytes);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void clua_copy_counted(lua_State *L, int from, const char *const *names, int arguments) {
    from = lua_absindex(L, from);
    for (; *names; names++) {
        lua_getfield(L, from, *names);
        lua_pushinteger(L, arguments);
        lua_pushcclosure(L, counted, 2);
        lua_setfield(L, -2, *names);
    }
}

// MARK: Tables that nobody can change

static int refuse_change(lua_State *L) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "this";
    return luaL_error(L, "cannot set '%s': the libraries are read-only", name);
}

void clua_freeze(lua_State *L) {
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_change);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_replace(L, -2);
}

bool clua_is_frozen(lua_State *L, int index) {
    if (luaL_getmetafield(L, index, "__newindex") == LUA_TNIL) return false;
    bool frozen = lua_tocfunction(L, -1) == refuse_change;
    lua_pop(L, 1);
    return frozen;
}

static int raw_set(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    lua_settop(L, 3);
    if (clua_is_frozen(L, 1)) return refuse_change(L);
    lua_rawset(L, 1);
    return 1;
}

// Finalizers would run in whatever task happens to collect. Lua looks for one only here.
static int set_metatable(lua_State *L) {
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    lua_settop(L, 2);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "cannot change a protected metatable");
    if (type == LUA_TTABLE) {
        static const char *const refused[] = {"__gc", "__mode"};
        for (int i = 0; i < 2; i++) {
            lua_pushstring(L, refused[i]);
            if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "%s is not available here", refused[i]);
            lua_pop(L, 1);
        }
    }
    lua_setmetatable(L, 1);
    return 1;
}

// MARK: Errors

// A limit that has been hit goes through every pcall.
static int protected_end(lua_State *L, int status, lua_KContext hidden) {
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)hidden;
    clua_task *task = clua_engine_of(L)->current;
    if (status == LUA_ERRMEM) clua_mark_limit(task, L, CLUA_MEMORY_LIMIT);
    if (task->limit) clua_raise_limit(L);
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    return 2;
}

static int protected_call(lua_State *L) {
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, protected_end);
    return protected_end(L, status, 0);
}

// Lua calls a handler where the error is, and turns hooks off for an error from a hook: a handler that loops would never
// end. So none is called for a limit.
static int handle_error(lua_State *L) {
    if (clua_engine_of(L)->current->limit) return 1;
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int protected_call_with_handler(lua_State *L) {
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle_error, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);  // function, handler, true, function, arguments
    int status = lua_pcallk(L, lua_gettop(L) - 4, LUA_MULTRET, 2, 2, protected_end);
    return protected_end(L, status, 2);
}

// raise(status, message, details): an error with a status, for whoever called this script.
static int raise_status(lua_State *L) {
    static const char *const fields[] = {"status", "message", "details"};
    luaL_checkany(L, 1);
    lua_settop(L, 3);
    lua_createtable(L, 0, 3);
    for (int i = 0; i < 3; i++) {
        lua_pushvalue(L, i + 1);
        lua_setfield(L, -2, fields[i]);
    }
    return lua_error(L);
}

void clua_open_base(lua_State *L) {
    static const char *const harmless[] = {"assert", "error", "getmetatable", "ipairs", "next", "pairs", "rawequal",
                                           "rawget", "rawlen", "select", "tostring", "type", "_VERSION", NULL};
    static const char *const counting[] = {"tonumber", NULL};
    static const luaL_Reg ours[] = {{"pcall", protected_call}, {"xpcall", protected_call_with_handler},
                                    {"rawset", raw_set}, {"setmetatable", set_metatable}, {"raise", raise_status},
                                    {NULL, NULL}};
    luaL_requiref(L, "_G", luaopen_base, 0);
    luaL_newlib(L, ours);
    clua_copy(L, -2, harmless);
    clua_copy_counted(L, -2, counting, INT_MAX);
    lua_remove(L, -2);
}

// MARK: math

static uint64_t random_bits(lua_State *L) {
    clua_engine *engine = clua_engine_of(L);
    uint64_t bits = 0;
    clua_charge(L, 5);
    if (!engine->random(engine->context, &bits)) luaL_error(L, "there are no random numbers here");
    return bits;
}

// A number up to `limit`, each as likely: draws until one fits under the next power of two.
static uint64_t random_up_to(lua_State *L, uint64_t limit) {
    uint64_t mask = limit;
    for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
    uint64_t bits = random_bits(L) & mask;
    for (int tries = 0; bits > limit && tries < 100; tries++) bits = random_bits(L) & mask;
    return bits > limit ? bits % (limit + 1) : bits;
}

static int math_random(lua_State *L) {
    lua_Integer low = 1, high;
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, (lua_Number)(random_bits(L) >> 11) * 0x1p-53);
        return 1;
    case 1:
        high = luaL_checkinteger(L, 1);
        if (high == 0) {
            lua_pushinteger(L, (lua_Integer)random_bits(L));
            return 1;
        }
        break;
    default:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
    uint64_t drawn = random_up_to(L, (uint64_t)high - (uint64_t)low);
    lua_pushinteger(L, (lua_Integer)(drawn + (uint64_t)low));
    return 1;
}

void clua_open_math(lua_State *L) {
    static const char *const harmless[] = {"abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod",
                                           "huge", "log", "max", "maxinteger", "min", "mininteger", "modf", "pi",
                                           "rad", "sin", "sqrt", "tan", "tointeger", "type", "ult", NULL};
    static const luaL_Reg ours[] = {{"random", math_random}, {NULL, NULL}};
    luaL_requiref(L, "math", luaopen_math, 0);
    luaL_newlib(L, ours);
    clua_copy(L, -2, harmless);
    lua_remove(L, -2);
}

// MARK: utf8

void clua_open_utf8(lua_State *L) {
    static const char *const harmless[] = {"charpattern", "codepoint", "codes", NULL};
    static const char *const counting[] = {"char", "len", "offset", NULL};
    luaL_requiref(L, "utf8", luaopen_utf8, 0);
    lua_newtable(L);
    clua_copy(L, -2, harmless);
    clua_copy_counted(L, -2, counting, INT_MAX);
    lua_remove(L, -2);
}
