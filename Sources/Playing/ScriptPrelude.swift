/// What stands before a script, in Lua: its functions, made of the host's. Each host function is told where it was called
/// and returns whether it succeeded, and then its result or the reason; errors so have the place of the caller.
enum ScriptPrelude {
    /// On one line, so that the script's own lines keep their numbers.
    static let text =
        lines.split(separator: "\n").map { line in line.drop { $0 == " " } }.joined(separator: " ") + " "

    private static let lines = """
        do
            local host, error, pcall, type, pairs = cluster, error, pcall, type, pairs
            local function where(level) local _, place = pcall(error, "", level + 1) return place end
            local function define(name, finish)
                local call = host[name]
                _G[name] = function(...)
                    local ok, result = call(where(3), ...)
                    if not ok then error(result, 2) end
                    if finish then return finish(result) end
                    return result
                end
            end
            for _, name in ipairs { \(ScriptVerbs.names.map { "\"\($0)\"" }.joined(separator: ", ")) } do
                define(name)
            end
            define("fault", function(name)
                return { name = name, clear = function()
                    local ok, result = host.clear(where(3), name)
                    if not ok then error(result, 2) end
                end }
            end)
            function now() local _, time = host.now("") return time end
            function wait_until(condition, options)
                if type(condition) ~= "function" then error("wait_until: expected a function", 2) end
                local place, limit = where(3), options and options.within or 10
                local ok, within = host.seconds(place, limit)
                if not ok then error("wait_until: " .. within, 2) end
                local deadline = now() + within
                while true do
                    local value = condition()
                    if value then return value end
                    if now() >= deadline then
                        error("wait_until: the condition did not come true within " .. limit
                            .. (type(limit) == "number" and " s" or ""), 2)
                    end
                    host.wait(place, 0.01)
                end
            end
            cluster = nil
        end
        """
}
