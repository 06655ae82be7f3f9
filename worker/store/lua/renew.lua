#!lua flags=allow-oom
-- renew(now, lane, token, lease ms) → 1 while the lane is ours, 0 when it is not or its attempt is past its deadline
local lane = ARGV[2]
if not holds(lane, ARGV[3]) then return 0 end
local head = redis.call('LINDEX', P .. 'l:' .. lane, 0)
local r = head and redis.call('HMGET', P .. 'r:' .. head, 'state', 'deadline')
if r and r[1] == 'leaving' and tonumber(r[2]) <= now then return 0 end
redis.call('ZADD', P .. 'q:' .. queue_of(lane), 'XX', 'GT', now + tonumber(ARGV[4]), lane)
due(queue_of(lane))
return 1
