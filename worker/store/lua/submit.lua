-- submit(now, run, lane, mark, not before ms or "", expires ms or "+<ms from when it may begin>", coalesce key or "",
--        tick seen ms or "", keep ms, field, value, …)
--   → {"same", state} | {"conflict"} | {"late"}: its time is over | {"scheduled" | "queued", rung…} | {"back"}
--     | {"unknown"}: an answer to an event of before a restored backup, which may have been given in the time that was lost
local run, lane, mark = ARGV[2], ARGV[3], ARGV[4]
local R = P .. 'r:' .. run
local had = redis.call('HMGET', R, 'mark', 'state')
if had[1] then
  if had[1] == mark then return { 'same', had[2] } end
  return { 'conflict' }
end
if went_back(ARGV[8]) then return { 'back' } end
local before, expires, coalesce = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
if string.sub(ARGV[6], 1, 1) == '+' then expires = math.max(before or now, now) + expires end
if expires <= now then return { 'late' } end
redis.call('HSET', R, 'mark', mark, 'lane', lane, 'created', now, 'expires', expires, 'v', 1, unpack(ARGV, 10))
local connection = redis.call('HGET', R, 'connection')
index(P .. 'ri:' .. connection, run)
redis.call('ZADD', P .. 'exp', expires, run)
if redis.call('EXISTS', P .. 'back') == 1 and redis.call('HGET', R, 'repeatable') ~= '1' then
  local lost = redis.call('HMGET', P .. 'back', 'turn', 'stamp')
  local place = redis.call('GET', P .. 'e:' .. (redis.call('HGET', R, 'event') or ''))
  local found = place and redis.call('XRANGE', P .. 'ev', place, place)[1]
  -- RFC 3339 in UTC to the ms sorts as text.
  if found and tostring(cjson.decode(found[2][4]).received_at) < lost[2] then
    redis.call('HSET', R, 'state', 'unknown', 'unknown_since', now, 'left', lost[1])
    look_into(run)
    return { 'unknown' }
  end
end
if before and before > now then
  redis.call('HSET', R, 'state', 'scheduled', 'not_before', before)
  redis.call('ZADD', P .. 'later', before, run)
  return { 'scheduled' }
end
if coalesce ~= '' then
  -- A newer read mark or typing replaces a queued older one, and waits for nothing that one was to wait for.
  local key = P .. 'co:' .. coalesce
  local older = redis.call('GET', key)
  if older then
    local state = redis.call('HGET', P .. 'r:' .. older, 'state')
    if state == 'queued' or state == 'waiting' then
      redis.call('HSET', P .. 'r:' .. older, 'state', 'cancelled', 'end', now, 'replaced_by', run)
      redis.call('PEXPIRE', P .. 'r:' .. older, ARGV[9])
      redis.call('ZREM', P .. 'exp', older)
      local theirs = redis.call('HGET', P .. 'r:' .. older, 'lane')
      if theirs and drop(theirs, older) then ring(queue_of(theirs)) end
    end
  end
  redis.call('SET', key, run, 'PX', 3600000)
end
redis.call('HSET', R, 'state', 'queued')
redis.call('RPUSH', P .. 'l:' .. lane, run)
wake(lane)
return { 'queued', unpack(rung) }
