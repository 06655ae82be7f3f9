#!lua flags=allow-oom
-- reassert(now, run, lane, attempt, left ms, deadline ms) → state after
-- Redis came back without its last moments: a worker that has this run at the socket says so again.
local run, lane = ARGV[2], ARGV[3]
local R = P .. 'r:' .. run
local r = redis.call('HMGET', R, 'state', 'attempt')
if r[1] == 'queued' or r[1] == 'waiting' then
  redis.call('HSET', R, 'state', 'leaving', 'attempt', ARGV[4], 'left', ARGV[5], 'deadline', ARGV[6])
  return 'leaving'
end
return r[1]
