#!lua flags=allow-oom
-- renew(now, lane, token, lease ms) → 1 while the lane is ours, 0 when it is not
local lane = ARGV[2]
if not holds(lane, ARGV[3]) then return 0 end
redis.call('ZADD', P .. 'q:' .. queue_of(lane), now + tonumber(ARGV[4]), lane)
due(queue_of(lane))
return 1
