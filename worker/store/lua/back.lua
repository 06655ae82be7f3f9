#!lua flags=allow-oom
-- back(now, word, tick seen ms, stamp) → {tick before ms, since ms}, or {} when there is nothing to hold
--   word: begin (this Redis went back, by what we have seen) | told (somebody says that it was restored) | end (all is held)
--   stamp: for "end": since when, as RFC 3339; what answers an event of before is unknown for a week
local B = P .. 'back'
if ARGV[2] == 'end' then
  redis.call('HSET', B, 'done', '1', 'stamp', ARGV[4])
  redis.call('PEXPIRE', B, 604800000)
  redis.call('SET', P .. 'turn', math.max(now, tonumber(ARGV[3]) or 0)) -- a clock may have been set back meanwhile
elseif redis.call('HGET', B, 'done') ~= '0' then
  if ARGV[2] == 'begin' and not went_back(ARGV[3]) then return {} end
  redis.call('DEL', B)
  redis.call('HSET', B, 'turn', tonumber(redis.call('GET', P .. 'turn') or '') or now, 'since', now, 'done', '0')
end
return redis.call('HMGET', B, 'turn', 'since')
