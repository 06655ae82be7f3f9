#!lua flags=allow-oom
-- cancel(now, run, keep ms) → state after: "cancelled" for sure, "leaving" (asked, too late to promise), or
-- the state it has ended in; false for no such run
local run = ARGV[2]
local R = P .. 'r:' .. run
local r = redis.call('HMGET', R, 'state', 'lane')
local state = r[1]
if not state then return false end
if state == 'scheduled' or state == 'queued' or state == 'waiting' then
  redis.call('HSET', R, 'state', 'cancelled', 'end', now)
  redis.call('PEXPIRE', R, ARGV[3])
  redis.call('ZREM', P .. 'later', run)
  redis.call('ZREM', P .. 'exp', run)
  drop(r[2], run)
  return 'cancelled'
end
if state == 'leaving' then redis.call('HSET', R, 'cancel', '1') end
return state
