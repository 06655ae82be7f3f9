-- redeliver(now, letter, lane, mark JSON, who JSON) → {0} | {1, rung…}
--   who: {by, why, ask, sweep}: see deal() in prelude.lua
-- A delivery that was given up joins the tail of its lane again, marked as a replay.
local L = P .. 'dl:' .. ARGV[2]
local who = cjson.decode(ARGV[5])
local before = redis.call('HGET', L, 'ask')
if not deal(ARGV[2], 'replayed', who, true) then return { 0 } end
if before ~= who.ask then
  redis.call('HSET', L, 'mark', ARGV[4])
  redis.call('RPUSH', P .. 'l:' .. ARGV[3], ARGV[2])
  wake(ARGV[3])
end
return { 1, unpack(rung) }
