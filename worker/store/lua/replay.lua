-- replay(now, event, replay, JSON to tell, keep ms, connection, conversation or "", message or "", subscriptions "a,b")
--   → {"gone"} | {"same"} | {"told", rung…}
-- An event is told once more under its own id: to those who read the stream, and to these subscriptions.  The same
-- replay does so once.
local event, replay = ARGV[2], ARGV[3]
if redis.call('EXISTS', P .. 'e:' .. replay) == 1 then return { 'same' } end
if redis.call('EXISTS', P .. 'e:' .. event) == 0 then return { 'gone' } end
local id = redis.call('XADD', P .. 'ev', '*', 'id', event, 'j', ARGV[4])
redis.call('SET', P .. 'e:' .. replay, id, 'PX', ARGV[5])
if ARGV[8] ~= '' then
  local t = P .. 't:' .. ARGV[8]
  if redis.call('EXISTS', t) == 1 then redis.call('RPUSH', t, 'event.replayed ' .. event .. ' ' .. now) end
end
for name in string.gmatch(ARGV[9], '[^,]+') do
  local lane = 'dlv:' .. name .. '/' .. ARGV[6] .. ':' .. ARGV[7]
  redis.call('RPUSH', P .. 'l:' .. lane, id)
  wake(lane)
end
return { 'told', unpack(rung) }
