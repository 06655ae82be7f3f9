#!lua flags=allow-oom
-- note(now, run, events JSON, field, value, …) → {"unknown", rung…}: something became known of a run that stays unknown as a
-- whole; or {state} of one that does not
local R = P .. 'r:' .. ARGV[2]
local state = redis.call('HGET', R, 'state')
if state ~= 'unknown' then return { state or 'gone' } end
redis.call('HSET', R, unpack(ARGV, 4))
for _, one in ipairs(cjson.decode(ARGV[3])) do record(one) end
return { state, unpack(rung) }
