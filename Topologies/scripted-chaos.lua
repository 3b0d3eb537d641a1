-- Breaks the cluster at random, as the seed says, and mends it again, three times.
for round = 1, 3 do
    local share = random(10, 40)
    log("round " .. round .. ": " .. share .. "% of what the producer sends is lost")
    local loss = fault("drop " .. share .. "%", { link = "producer -> broker" })
    wait(0.1 + random() * 0.1)

    local victim = "worker-" .. random(1, 2)
    kill(victim)
    wait_until(function() return status(victim).state == "running" end, { within = 30 })
    loss:clear()
end

publish { queue = "jobs", body = "the last one", persistent = true }
wait_until(function() return queue("jobs").depth == 0 end, { within = 30 })
