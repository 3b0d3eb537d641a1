// Values on a stack, for Swift. None of these raises: they use no metamethods, and what they allocate is not refused.

#include "internal.h"

static clua_kind kind_of(lua_State *L, int index) {
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TNONE: return CLUA_NIL;
    case LUA_TBOOLEAN: return CLUA_BOOLEAN;
    case LUA_TNUMBER: return lua_isinteger(L, index) ? CLUA_INTEGER : CLUA_NUMBER;
    case LUA_TSTRING: return CLUA_STRING;
    case LUA_TTABLE: return CLUA_TABLE;
    default: return CLUA_OTHER;
    }
}

int clua_top(lua_State *L) { return lua_gettop(L); }
void clua_set_top(lua_State *L, int top) { lua_settop(L, top); }
clua_kind clua_kind_at(lua_State *L, int index) { return kind_of(L, index); }
const char *clua_type_name(lua_State *L, int index) { return luaL_typename(L, index); }
bool clua_boolean_at(lua_State *L, int index) { return lua_toboolean(L, index) != 0; }
int64_t clua_integer_at(lua_State *L, int index) { return lua_tointeger(L, index); }
double clua_number_at(lua_State *L, int index) { return lua_tonumber(L, index); }
const void *clua_identity_at(lua_State *L, int index) { return lua_topointer(L, index); }
size_t clua_length_at(lua_State *L, int index) { return (size_t)lua_rawlen(L, index); }

const char *clua_string_at(lua_State *L, int index, size_t *size) {
    *size = 0;
    return lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, size) : NULL;
}

clua_kind clua_get_index(lua_State *L, int table, int64_t index) {
    lua_rawgeti(L, table, index);
    return kind_of(L, -1);
}

clua_kind clua_get_field(lua_State *L, int table, const char *name, size_t size) {
    table = lua_absindex(L, table);
    lua_pushlstring(L, name, size);
    lua_rawget(L, table);
    return kind_of(L, -1);
}

clua_kind clua_get_interned(lua_State *L, int table, int reference) {
    table = lua_absindex(L, table);
    lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
    lua_rawget(L, table);
    return kind_of(L, -1);
}

bool clua_next(lua_State *L, int table) { return lua_next(L, table) != 0; }

bool clua_reserve(lua_State *L, int slots) { return lua_checkstack(L, slots) != 0; }
void clua_push_nil(lua_State *L) { lua_pushnil(L); }
void clua_push_boolean(lua_State *L, bool value) { lua_pushboolean(L, value); }
void clua_push_integer(lua_State *L, int64_t value) { lua_pushinteger(L, value); }
void clua_push_number(lua_State *L, double value) { lua_pushnumber(L, value); }
void clua_push_string(lua_State *L, const char *bytes, size_t size) { lua_pushlstring(L, bytes ? bytes : "", size); }
void clua_push_interned(lua_State *L, int reference) { lua_rawgeti(L, LUA_REGISTRYINDEX, reference); }
void clua_push_table(lua_State *L, int elements, int fields) { lua_createtable(L, elements, fields); }

void clua_set(lua_State *L) {
    bool usable = !lua_isnil(L, -2) && !(lua_type(L, -2) == LUA_TNUMBER && lua_tonumber(L, -2) != lua_tonumber(L, -2));
    if (usable) {
        lua_rawset(L, -3);
    } else {
        lua_pop(L, 2);
    }
}

void clua_set_index(lua_State *L, int64_t index) { lua_rawseti(L, -2, index); }

void clua_set_interned(lua_State *L, int reference) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
    lua_insert(L, -2);
    lua_rawset(L, -3);
}
