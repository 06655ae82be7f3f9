-- leave(now, run, lane, token, attempt, call ms, pace class, ms a call, burst, needs window "1", flight ms,
--       minds opt-outs "1", ms a message to one person, how many at once)
--   → {"left"} | {"left", since ms}: it probes a provider whose breaker is open | {"lost"} | {"gone"} | {"expired"} | {"window"} | {"opted_out"}
--     | {"wait", until ms}: the whole queue | {"parked", until ms}: this lane alone
-- The only way out, and a compare-and-set on the run: the fence is the run's own state.
local run, lane, token, attempt = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local R = P .. 'r:' .. run
local q = queue_of(lane)
if not holds(lane, token) then return { 'lost' } end
local r = redis.call('HMGET', R, 'state', 'attempt', 'expires', 'connection', 'conversation', 'force')
if r[1] == 'leaving' and r[2] == attempt then return { 'left' } end
if r[1] ~= 'queued' and r[1] ~= 'waiting' then return { 'gone' } end
if redis.call('LINDEX', P .. 'l:' .. lane, 0) ~= run then return { 'gone' } end
if tonumber(r[3]) <= now then return { 'expired' } end
local talk = (r[5] and r[5] ~= '') and (P .. 'v:' .. r[4] .. ':' .. r[5]) or nil
if ARGV[10] == '1' and r[6] ~= '1' then
  local open = talk and tonumber(redis.call('HGET', talk, 'window') or '')
  -- A minute of margin: their clock and ours differ, and the call takes its time.
  if not open or open <= now + 60000 then return { 'window' } end
end
if ARGV[12] == '1' and r[6] ~= '1' and r[5] and redis.call('HEXISTS', P .. 'oo:' .. r[4], r[5]) == 1 then
  return { 'opted_out' }
end
local till, paced = closed_until(q), false
local gate = P .. 'g:' .. r[4]
local tat, step, burst = nil, tonumber(ARGV[8]), tonumber(ARGV[9])
local bulk, overdue = string.sub(q, -5) == ':bulk', false
if not till and step and step > 0 then
  -- What a 429 has taught: slower than the documented pace for a while (finish.lua).
  step = step * (tonumber(redis.call('HGET', gate, 'slow:' .. ARGV[7]) or '') or 1)
  tat = math.max(tonumber(redis.call('HGET', gate, 'tat:' .. ARGV[7]) or '') or now, now)
  local free = burst
  if bulk then
    -- Half of the burst is live's, and while live waits the next turn is, so that no reply waits behind a campaign.  Every
    -- tenth turn is bulk's, if it wants it: it is owed one then, which live leaves free.
    local last = tonumber(redis.call('HGET', gate, 'bulk:' .. ARGV[7]) or '') or 0
    overdue = now - last >= math.max(1000, 10 * step)
    local wanted = (tonumber(redis.call('HGET', gate, 'want:' .. ARGV[7]) or '') or 0) > now
    if not overdue then free = burst - math.max(math.floor(burst / 2), wanted and 1 or 0) end
  elseif (tonumber(redis.call('HGET', gate, 'owed:' .. ARGV[7]) or '') or 0) > now then
    free = burst - 1
  end
  local earliest = tat - (free - 1) * step
  -- The clock ticks in ms: less than one too early is on time, else 400 a second would come down to 333.
  if earliest >= now + 1 then till, paced = math.floor(earliest), true end
end
if till then
  if paced and overdue then redis.call('HSET', gate, 'owed:' .. ARGV[7], till + math.ceil(2 * step) + 1000) end
  if paced and not bulk then redis.call('HSET', gate, 'want:' .. ARGV[7], till + math.ceil(step)) end
  if paced and till - now > 1000 then
    -- A slow class waits by itself: its lanes are parked, each for a turn of its own, and faster classes of the queue go on.
    local turn = math.max(till, (tonumber(redis.call('HGET', gate, 'turn:' .. q .. ':' .. ARGV[7]) or '') or 0) + step)
    redis.call('HSET', gate, 'turn:' .. q .. ':' .. ARGV[7], turn)
    till = math.floor(turn)
    redis.call('HSET', R, 'state', 'waiting', 'until', till)
    let_go(lane, till)
    return { 'parked', till }
  end
  redis.call('HSET', R, 'state', 'waiting', 'until', till)
  -- For a moment the queue waits, not only this lane: else its other ready lanes would be claimed in turn, each to be told
  -- the same.
  if paced then redis.call('HSET', gate, 'pace:' .. q, till) end
  let_go(lane)
  return { 'wait', till }
end
-- The pace to one person: only this conversation waits, and nothing was taken of the class's room.
local each, most = tonumber(ARGV[13] or ''), tonumber(ARGV[14] or '')
if each and each > 0 and r[5] and r[5] ~= '' then
  local person = P .. 'rp:' .. r[4] .. ':' .. r[5]
  local theirs = math.max(tonumber(redis.call('GET', person) or '') or now, now)
  local earliest = theirs - (most - 1) * each
  if earliest >= now + 1 then
    redis.call('HSET', R, 'state', 'waiting', 'until', math.floor(earliest))
    let_go(lane, math.floor(earliest))
    return { 'parked', math.floor(earliest) }
  end
  redis.call('SET', person, theirs + each, 'PX', math.ceil(theirs + each - now))
end
if tat then redis.call('HSET', gate, 'tat:' .. ARGV[7], tat + step) end
if tat and bulk then
  redis.call('HSET', gate, 'bulk:' .. ARGV[7], now)
  redis.call('HDEL', gate, 'owed:' .. ARGV[7])
end
local deadline = now + tonumber(ARGV[6])
-- The breaker's pause is over: this one tries, and everybody else waits for what it finds.  If it dies, its time ends.
local broken = redis.call('HGET', gate, 'broken')
if broken then
  redis.call('HSET', gate, 'until', deadline + 1000, 'reason', 'breaker', 'probe', run, 'news', 'half_open ' .. broken)
end
redis.call('HSET', R, 'state', 'leaving', 'attempt', attempt, 'left', now, 'deadline', deadline)
redis.call('HINCRBY', R, 'tries', 1)
redis.call('ZADD', P .. 'q:' .. q, deadline + 1000, lane)
due(q)
if talk and ARGV[11] ~= '0' then
  redis.call('HSET', talk, 'flight', run, 'flight_until', now + tonumber(ARGV[11]))
  redis.call('PEXPIRE', talk, 2592000000, 'NX') -- the first message to somebody: nothing else has done so yet
end
return { 'left', broken or nil }
