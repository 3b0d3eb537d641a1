// The string library. Functions that pass over their arguments once are Lua's own, counted; `rep` checks the size that
// it will make; patterns are in patterns.c; `dump` is missing.

#include <limits.h>
#include <string.h>

#include "internal.h"

static int repeat(lua_State *L) {
    size_t size, separator_size;
    const char *text = luaL_checklstring(L, 1, &size);
    lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &separator_size);
    size_t each = size + separator_size;
    if (count <= 0 || each == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((uint64_t)count > clua_engine_of(L)->limits.memory / each) return luaL_error(L, "resulting string too large");
    size_t total = (size_t)count * each - separator_size;
    char small[256];
    char *made = total > sizeof small ? lua_newuserdatauv(L, total, 0) : small;
    memcpy(made, text, size);
    if (count > 1) memcpy(made + size, separator, separator_size);
    for (size_t done = each; done < total;) {
        size_t more = done < total - done ? done : total - done;
        memcpy(made + done, made, more);
        done += more;
    }
    lua_pushlstring(L, made, total);
    return 1;
}

// Lauxlib makes the metatable of its large buffers when it first needs one. If memory ran out half way, every later
// buffer of any task would fail; here it cannot.
static void prepare_buffers(lua_State *L) {
    luaL_Buffer buffer;
    luaL_buffinitsize(L, &buffer, 2 * LUAL_BUFFERSIZE);
    luaL_pushresultsize(&buffer, 0);
    lua_pop(L, 1);
}

void clua_open_string(lua_State *L) {
    prepare_buffers(L);
    static const char *const harmless[] = {"byte", "len", "sub", NULL};
    static const char *const counting[] = {"char", "format", "lower", "pack", "packsize", "reverse", "upper", NULL};
    static const char *const counting_first[] = {"unpack", NULL};
    static const luaL_Reg ours[] = {{"rep", repeat}, {NULL, NULL}};
    luaL_requiref(L, "string", luaopen_string, 0);
    luaL_newlib(L, ours);
    clua_copy(L, -2, harmless);
    clua_copy_counted(L, -2, counting, INT_MAX);
    clua_copy_counted(L, -2, counting_first, 1);
    clua_add_patterns(L);
    lua_remove(L, -2);

    // ("x"):upper() finds our functions, and getmetatable("") shows nothing.
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}
