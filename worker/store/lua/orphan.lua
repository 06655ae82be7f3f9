#!lua flags=allow-oom
-- orphan(now, lane, token, run, hold ms, next "1", lease ms, events JSON, grace ms, keep ms)
--   → {"lost"} | {"parked", ms} | {"next", rings, {id, record}} | {"ok", rings}
-- The head was left "leaving" by somebody who died, or is unknown, or has ended while it waited.
local lane, token, run = ARGV[2], ARGV[3], ARGV[4]
local R = P .. 'r:' .. run
if not holds(lane, token) then return { 'lost' } end
local r = redis.call('HMGET', R, 'state', 'deadline', 'repeatable', 'connection', 'conversation', 'cancel',
  'unknown_since', 'action', 'left')
local state, deadline, since = r[1], tonumber(r[2] or ''), tonumber(r[7] or '')
if redis.call('LINDEX', P .. 'l:' .. lane, 0) == run then
  if state == 'leaving' then
    -- Nothing is judged before the sender's own deadline: it may still be at the socket.
    if deadline + tonumber(ARGV[9]) > now then
      let_go(lane, deadline + tonumber(ARGV[9]))
      return { 'parked', deadline + tonumber(ARGV[9]) }
    end
    if r[3] == '1' and r[6] == '1' then
      state = 'cancelled' -- asked for while it was out: never again, then
      redis.call('HSET', R, 'state', state, 'end', now)
      redis.call('PEXPIRE', R, ARGV[10])
      redis.call('ZREM', P .. 'exp', run)
    elseif r[3] == '1' then
      redis.call('HSET', R, 'state', 'queued', 'attempt', '')
    else
      redis.call('HSET', R, 'state', 'unknown', 'unknown_since', now)
      look_into(run)
      state, since = 'unknown', now
      local ms = now - (tonumber(r[9] or '') or now)
      jot('o', table.concat({ r[4], '', run, r[8] or '', '', ms, 'unknown', 'outcome_unknown', '' }, '\t'))
      for _, one in ipairs(cjson.decode(ARGV[8])) do record(one) end
      if r[5] and r[5] ~= '' then
        local talk = P .. 'v:' .. r[4] .. ':' .. r[5]
        if redis.call('HGET', talk, 'flight') == run then redis.call('HDEL', talk, 'flight', 'flight_until') end
        tell_held(run)
      end
    end
  end
  if state == 'unknown' then
    local on = (since or now) + tonumber(ARGV[5])
    if on > now then
      let_go(lane, on)
      return { 'parked', on }
    end
    pop(lane, run)
  elseif state ~= 'leaving' and state ~= 'queued' and state ~= 'waiting' then
    pop(lane, run)
  end
end
local following = ARGV[6] == '1' and head_of(lane) or nil
if not following then
  let_go(lane)
  return { 'ok', rung }
end
redis.call('ZADD', P .. 'q:' .. queue_of(lane), now + tonumber(ARGV[7]), lane)
due(queue_of(lane))
return { 'next', rung, following }
