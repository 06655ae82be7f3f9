#!lua flags=allow-oom
-- delivered(now, lane, token, item, verdict, until ms, letter JSON or "", next "1", lease ms)
--   item: the event's stream id, or the dead letter that is replayed
--   verdict: done | again (parks the lane until then) | dead (set aside, the lane goes on)
--   → {"lost"} | {"ok", rings} | {"next", rings, {id, event JSON, "<tries> <since ms>"}}
local lane, token, item, verdict = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local q = queue_of(lane)
local D = P .. 'd:' .. q
if not holds(lane, token) then return { 'lost' } end
redis.call('HDEL', P .. 's:' .. q, lane) -- its holder lives: no strike
if verdict == 'again' then
  local tries = tonumber(string.match(redis.call('HGET', D, lane) or '', '^(%d+)') or '0')
  local since = string.match(redis.call('HGET', D, lane) or '', ' (%d+)$') or now
  redis.call('HSET', D, lane, (tries + 1) .. ' ' .. since)
  let_go(lane, tonumber(ARGV[6]))
  return { 'ok', rung }
end
if verdict == 'dead' and ARGV[7] ~= '' then
  local told = cjson.decode(ARGV[7])
  letter(told.id, 'delivery', told)
elseif string.sub(item, 1, 4) == 'evt_' and redis.call('HEXISTS', P .. 'dl:' .. item, 'done') == 1 then
  index(P .. 'dld', item) -- a replayed one arrived
end
redis.call('HDEL', D, lane)
pop(lane, item)
local following = (ARGV[8] == '1' and not closed_until(q)) and head_of(lane) or nil
if not following then
  let_go(lane)
  return { 'ok', rung }
end
redis.call('ZADD', P .. 'q:' .. q, now + tonumber(ARGV[9]), lane)
due(q)
return { 'next', rung, following }
