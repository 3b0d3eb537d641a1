// A string in the making. Past its first bytes it lies in a block that Lua's collector knows, so that running into the
// memory limit collects garbage first, which lauxlib's buffer does not.

#ifndef CLUA_BUFFER_H
#define CLUA_BUFFER_H

#include <string.h>

#include "internal.h"

typedef struct {
    lua_State *L;
    int slot;  // of the block, on the stack
    char *data;
    size_t length, capacity;
    char first[256];
} clua_buffer;

// Pushes one value, which must stay where it is.
static inline void buffer_start(clua_buffer *buffer, lua_State *L) {
    lua_pushnil(L);
    buffer->L = L;
    buffer->slot = lua_gettop(L);
    buffer->data = buffer->first;
    buffer->length = 0;
    buffer->capacity = sizeof buffer->first;
}

// Needs a free slot on the stack.
static inline void buffer_add(clua_buffer *buffer, const char *bytes, size_t size) {
    if (size > buffer->capacity - buffer->length) {
        if (size > SIZE_MAX / 4 - buffer->length) luaL_error(buffer->L, "resulting string too large");
        size_t capacity = (buffer->length + size) * 3 / 2;
        char *data = lua_newuserdatauv(buffer->L, capacity, 0);
        memcpy(data, buffer->data, buffer->length);
        lua_replace(buffer->L, buffer->slot);
        buffer->data = data;
        buffer->capacity = capacity;
    }
    memcpy(buffer->data + buffer->length, bytes, size);
    buffer->length += size;
}

static inline void buffer_push(clua_buffer *buffer) { lua_pushlstring(buffer->L, buffer->data, buffer->length); }

#endif
