#!lua flags=allow-oom
-- swept(now, sweep, from, to, failed, skipped, notes JSON, over "1", keep ms) → 1 | 0
-- How far a sweep came in this partition, told by one writer at a time: only if it stands where that one began.
local S = P .. 'sw:' .. ARGV[2]
if (redis.call('HGET', S, 'cursor') or '') ~= ARGV[3] then return 0 end
redis.call('HSET', S, 'cursor', ARGV[4], 'notes', ARGV[7])
for i, name in ipairs({ 'failed', 'skipped' }) do
  if ARGV[4 + i] ~= '0' then redis.call('HINCRBY', S, name, ARGV[4 + i]) end
end
if ARGV[8] == '1' then redis.call('HSET', S, 'over', '1') end
redis.call('PEXPIRE', S, ARGV[9])
return 1
