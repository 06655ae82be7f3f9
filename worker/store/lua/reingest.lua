-- reingest(now, letter, source, who JSON, field, value, …) → {0} | {1, rung…}
--   who: {by, why, ask, sweep}: see deal() in prelude.lua
-- A request that was set aside is read again: its copy joins the journal.
local who = cjson.decode(ARGV[4])
local before = redis.call('HGET', P .. 'dl:' .. ARGV[2], 'ask')
if not deal(ARGV[2], 'replayed', who) then return { 0 } end
if before ~= who.ask then
  redis.call('XADD', P .. 'in:' .. ARGV[3], '*', unpack(ARGV, 5))
  wake('in:' .. ARGV[3] .. '/0')
end
return { 1, unpack(rung) }
