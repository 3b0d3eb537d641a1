// The limits: bytes by an allocator that knows who owns each block, work by a count hook and by what C functions and
// the allocator add to it.
//
// One VM instruction is one unit of work. An instruction can do much more than one step (`a .. b` on long strings), so
// the allocator counts bytes too, and C functions count what they loop over. What is left (comparing two long strings)
// is at most a pass over the task's memory an instruction, a tick is at most TICK instructions, and a tick looks at the
// clock.

#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

enum {
    TICK = 100,                     // instructions between two calls of the hook
    OVERHEAD = 16,                  // bytes that a block costs beyond its size: our header and malloc's
    BYTES_A_UNIT = 64,              // of allocation
    FIRST_STRINGS = 128 * sizeof(void *),  // the size of Lua's first table of strings
};
static const uint64_t SLICE_NANOSECONDS = 10000000;   // a slice of costly instructions gives way early
static const uint64_t STALL_NANOSECONDS = 250000000;  // the same where it cannot give way: CPU time until it fails

typedef struct {
    clua_account *owner;
} clua_block;

static uint64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int clua_tick(const clua_engine *engine) {
    return engine->limits.slice_instructions < TICK ? (int)engine->limits.slice_instructions : TICK;
}

// Counts work. Raises nothing; if the slice is over, the hook comes at the next instruction.
static void add_work(clua_engine *engine, uint64_t units) {
    clua_task *task = engine->current;
    if (!task) return;
    task->slice_used += units;
    if (task->slice_used >= engine->limits.slice_instructions && !task->armed) {
        task->armed = true;
        lua_sethook(task->running, clua_hook, LUA_MASKCOUNT, 1);
    }
}

static bool is_over(const clua_task *task) {
    return task->used + task->slice_used > task->engine->limits.task_instructions;
}

// MARK: Memory

static void give_back(clua_engine *engine, clua_account *account, size_t bytes) {
    engine->bytes -= bytes;
    account->bytes -= bytes;
    if (account->bytes == 0 && !account->open) free(account);
}

// On a refusal Lua collects all garbage and asks once more for the same. The second refusal is final.
static bool is_refused(clua_engine *engine, clua_account *payer, size_t held, size_t total, void *block,
                       size_t old_size, size_t new_size) {
    size_t cost = new_size + OVERHEAD;
    bool over = (payer->limited && held + cost > engine->limits.task_memory) || total + cost > engine->limits.memory;
    if (engine->refuse_after == 0) over = true;
    if (engine->refuse_after > 0) engine->refuse_after -= 1;
    if (!over) {
        engine->refused.new_size = 0;
        return false;
    }
    add_work(engine, engine->bytes / BYTES_A_UNIT);
    if (block && block == engine->strings) return true;  // Lua goes on with the table that it has
    if (engine->refused.new_size == new_size && engine->refused.old_size == old_size
        && engine->refused.block == block) {
        if (engine->current) clua_mark_limit(engine->current, engine->current->running, CLUA_MEMORY_LIMIT);
    } else {
        engine->refused.block = block;
        engine->refused.old_size = old_size;
        engine->refused.new_size = new_size;
    }
    return true;
}

void *clua_allocate(void *context, void *block, size_t old_size, size_t new_size) {
    clua_engine *engine = context;
    clua_block *header = block ? (clua_block *)block - 1 : NULL;
    clua_account *owner = header ? header->owner : NULL;
    size_t old_cost = header ? old_size + OVERHEAD : 0;
    if (new_size == 0) {
        if (header) {
            free(header);
            give_back(engine, owner, old_cost);
        }
        return NULL;
    }
    bool grows = !header || new_size > old_size;
    // Who makes a block grow has it from then on: the stack of a thread that is used again is its new task's.
    clua_account *payer = header && (!grows || block == engine->strings) ? owner : engine->account;
    if (grows) {
        if (engine->enforcing) {
            size_t held = payer->bytes - (payer == owner ? old_cost : 0);
            size_t total = engine->bytes - old_cost;
            if (is_refused(engine, payer, held, total, block, old_size, new_size)) return NULL;
        }
        add_work(engine, (new_size - (header ? old_size : 0)) / BYTES_A_UNIT);
    }
    clua_block *made = realloc(header, sizeof(clua_block) + new_size);
    if (!made) {
        if (grows) return NULL;
        made = header;  // Lua relies on blocks getting smaller
    }
    made->owner = payer;
    engine->bytes += new_size + OVERHEAD;
    payer->bytes += new_size + OVERHEAD;
    if (owner) give_back(engine, owner, old_cost);
    void *result = made + 1;
    if (block ? block == engine->strings : !engine->main && !engine->strings && new_size == FIRST_STRINGS) {
        engine->strings = result;
    }
    return result;
}

void clua_make_room(lua_State *L, uint64_t bytes) {
    clua_engine *engine = clua_engine_of(L);
    if (!engine->enforcing) return;
    bool tight = engine->account->bytes + bytes > engine->limits.task_memory
        || engine->bytes + bytes > engine->limits.memory;
    if (!tight) return;
    add_work(engine, engine->bytes / BYTES_A_UNIT);
    lua_gc(L, LUA_GCCOLLECT);
}

// MARK: Work

// The address is the error value of a limit: pushing it allocates nothing.
static const char limit_error = 0;

static bool can_yield(const clua_task *task, lua_State *L) { return lua_isyieldable(L) && task->blocked == 0; }

// A task that hit a limit is left where it is, by a yield that nobody resumes. Raising an error would run its handlers
// and closers, and unwinding pcalls costs time for every frame for every one of them. Only where Lua cannot yield is an
// error raised, up to where it can; C frames are few.
void clua_raise_limit(lua_State *L) {
    if (can_yield(clua_engine_of(L)->current, L)) lua_yield(L, 0);
    // Nothing may run on while the stack is unwound.
    if (lua_gethookcount(L) != 1) lua_sethook(L, clua_hook, LUA_MASKCOUNT, 1);
    lua_pushlightuserdata(L, (void *)&limit_error);
    lua_error(L);
    abort();
}

// The same in a hook, where a yield takes effect on return.
static void end_in_hook(clua_task *task, lua_State *L) {
    if (can_yield(task, L)) {
        lua_yield(L, 0);
    } else {
        clua_raise_limit(L);
    }
}

void clua_mark_limit(clua_task *task, lua_State *L, clua_limit limit) {
    if (task->limit) return;
    task->limit = limit;
    clua_keep_traceback(task, L);
    lua_sethook(L, clua_hook, LUA_MASKCOUNT, 1);
}

void clua_charge(lua_State *L, uint64_t units) {
    clua_engine *engine = clua_engine_of(L);
    clua_task *task = engine->current;
    if (!task) return;
    if (task->limit) clua_raise_limit(L);
    add_work(engine, units);
    if (is_over(task)) {
        clua_mark_limit(task, L, CLUA_INSTRUCTION_LIMIT);
        clua_raise_limit(L);
    }
}

void clua_hook(lua_State *L, lua_Debug *info) {
    (void)info;
    clua_engine *engine = clua_engine_of(L);
    clua_task *task = engine->current;
    if (!task) return;
    if (task->limit) return end_in_hook(task, L);
    int tick = clua_tick(engine);
    if (lua_gethookcount(L) != tick) lua_sethook(L, clua_hook, LUA_MASKCOUNT, tick);
    task->slice_used += (uint64_t)tick;
    if (is_over(task)) {
        clua_mark_limit(task, L, CLUA_INSTRUCTION_LIMIT);
        return end_in_hook(task, L);
    }
    uint64_t now = nanoseconds(CLOCK_MONOTONIC);
    if (task->slice_start == 0) task->slice_start = now;
    bool late = now - task->slice_start > SLICE_NANOSECONDS;
    if (task->slice_used < engine->limits.slice_instructions && !late) return;
    if (can_yield(task, L)) {
        task->yield = YIELD_PREEMPTED;
        lua_yield(L, 0);
    } else if (late) {
        // CPU time, so that a process that was stopped for a while is not mistaken for a script that stalls.
        uint64_t cpu = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
        if (task->stall_start == 0) task->stall_start = cpu;
        if (cpu - task->stall_start > STALL_NANOSECONDS) {
            clua_mark_limit(task, L, CLUA_INSTRUCTION_LIMIT);
            clua_raise_limit(L);
        }
    }
}

// MARK: Traceback

enum { TRACEBACK_SIZE = 2048, FIRST_LEVELS = 12, LAST_LEVELS = 4 };

static int depth_of(lua_State *L) {
    lua_Debug info;
    int low = 1, high = 1;
    while (lua_getstack(L, high, &info)) {
        low = high;
        high *= 2;
    }
    while (low < high) {
        int middle = (low + high) / 2;
        if (lua_getstack(L, middle, &info)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return high;
}

// Allocates nothing in Lua: it also runs when the memory limit has just been hit.
void clua_keep_traceback(clua_task *task, lua_State *L) {
    if (task->traceback) return;
    char *text = malloc(TRACEBACK_SIZE);
    if (!text) return;
    size_t length = 0;
    text[0] = 0;
    int depth = depth_of(L);
    lua_Debug info;
    for (int level = 0; level < depth && lua_getstack(L, level, &info); level++) {
        char line[256];
        if (level == FIRST_LEVELS && depth > FIRST_LEVELS + LAST_LEVELS) {
            int skipped = depth - FIRST_LEVELS - LAST_LEVELS;
            snprintf(line, sizeof line, "... %d more\n", skipped);
            level += skipped - 1;
        } else {
            lua_getinfo(L, "Sln", &info);
            char place[96] = "built in";
            if (info.currentline > 0) {
                snprintf(place, sizeof place, "%s:%d", info.short_src, info.currentline);
            } else if (!info.name) {
                continue;  // our own first frame
            }
            if (info.name) {
                snprintf(line, sizeof line, "%s: in %s '%.80s'\n", place, info.namewhat, info.name);
            } else {
                snprintf(line, sizeof line, "%s\n", place);
            }
        }
        size_t size = strlen(line);
        if (length + size >= TRACEBACK_SIZE) break;
        memcpy(text + length, line, size + 1);
        length += size;
    }
    task->traceback = text;
}
