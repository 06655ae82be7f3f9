#!lua flags=allow-oom
-- finish(now, run, lane, token, attempt, verdict, wait ms or "", scope, next "1", lease ms, keep ms, letter JSON or "",
--        events JSON, events JSON of giving up, line of the log, health "ok" | "slow" | "bad" | "", failures to
--        open at, pause ms, longest pause ms, roll 0 to 1, pace class, field, value, …)
--   verdict: succeeded | failed | unknown | again | more (this call is done, another follows)
--   wait: of "again" and "unknown", from now: by the clock that looks whether it is over
--   attempt: the id given to leave; "" for what came of it before leaving, which only the holder may tell
--   health: what the attempt says of the provider: it answered, it wants us slower, it is unreachable or broken, or nothing
--   → {"stale", rings} | {"gone", rings} | {"ok", rings, false, breaker} | {"next", rings, {id, record}, breaker}; all but
--     "next" let the lane go; breaker: "open <since ms>" | "closed <since ms>" when this attempt changed it, else ""
--   A late "again" or "more" may find that the run has left its lane: it is given up then, with the letter, the events of
--   "again", and those of giving up.
-- A fact needs only the attempt id: it is taken whoever holds the lane now.
local run, lane, token, attempt, verdict = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local R = P .. 'r:' .. run
local r = redis.call('HMGET', R, 'state', 'attempt', 'cancel', 'connection', 'conversation')
local state = r[1]
local ours = holds(lane, token)

-- There is nothing to record, perhaps because it was told before and the answer got lost: the holder keeps no lane.
local function nothing(word)
  if ours and let_go(lane) then ring(queue_of(lane)) end
  return { word, rung }
end

if not state then return nothing('gone') end
if attempt == '' then
  if not ours or (state ~= 'queued' and state ~= 'waiting') then return nothing('stale') end
elseif r[2] ~= attempt then
  return nothing('stale')
end
local open = state == 'leaving' or state == 'unknown' or attempt == ''
local head = redis.call('LINDEX', P .. 'l:' .. lane, 0) == run
local till = now + (tonumber(ARGV[7]) or 0)
local rest = ARGV[6] == 'again' and ARGV[8] == 'connection' -- the provider's word, whatever becomes of this run
local park = nil
local breaker = ''
local shut = closed_until(queue_of(lane)) ~= nil

-- The breaker of a connection: after so many attempts in a row that found the provider unreachable or broken, nothing leaves
-- for a pause; then one attempt tries (leave.lua), and what it finds closes the breaker or begins a longer pause.  A gate that
-- a person or refused credentials have closed for longer stays closed.
local function judge(connection, health)
  if health == '' then return '' end
  local gate = P .. 'g:' .. connection
  -- A 429 halves the pace of its class, down to a sixteenth; each answer gives a twentieth of the documented pace back.
  local slow = 'slow:' .. ARGV[21]
  local g = redis.call('HMGET', gate, 'fails', 'broken', 'trips', 'until', 'reason', 'probe', slow)
  local factor = tonumber(g[7] or '') or 1
  if health == 'slow' then
    redis.call('HSET', gate, slow, math.min(16, factor * 2))
    health = 'ok'
  elseif factor > 1 and health == 'ok' then
    local rate = 1 / factor + 0.05
    if rate >= 1 then redis.call('HDEL', gate, slow) else redis.call('HSET', gate, slow, 1 / rate) end
  end
  if health == 'ok' then
    if not g[1] and not g[2] then return '' end
    redis.call('HDEL', gate, 'fails', 'broken', 'trips', 'probe')
    if not g[2] then return '' end
    redis.call('HSET', gate, 'news', 'closed ' .. g[2])
    if (g[5] == 'breaker' or g[5] == 'throttled') and rest and till > now then
      redis.call('HSET', gate, 'until', till, 'reason', 'throttled') -- it answers again: that it wants to be left alone
    elseif g[5] == 'breaker' or g[5] == 'throttled' then
      redis.call('HDEL', gate, 'until', 'reason')
      for _, kind in ipairs({ 'live', 'bulk' }) do
        local q = 'out:' .. connection .. ':' .. kind
        if redis.call('EXISTS', P .. 'q:' .. q) == 1 then
          due(q)
          ring(q)
        end
      end
    end
    return 'closed ' .. g[2]
  end
  local fails = redis.call('HINCRBY', gate, 'fails', 1)
  local trips = tonumber(g[3] or '') or 0
  if g[2] then
    -- What left before the breaker opened, or could not leave while it was open, tells what was known.
    if attempt ~= '' and g[6] ~= run or attempt == '' and shut then return '' end
    trips = trips + 1
  elseif fails < tonumber(ARGV[17]) then
    return ''
  end
  local since = g[2] or now
  local longest = math.min(tonumber(ARGV[19]), tonumber(ARGV[18]) * 2 ^ math.min(trips, 16))
  local pause = now + math.floor(longest * (0.5 + tonumber(ARGV[20]) / 2))
  redis.call('HSET', gate, 'broken', since, 'trips', trips, 'news', 'open ' .. since)
  redis.call('HDEL', gate, 'probe')
  local mine = g[5] == false or g[5] == 'breaker' or g[5] == 'throttled' or tonumber(g[4] or '0') < pause
  if mine then redis.call('HSET', gate, 'until', pause, 'reason', 'breaker') end
  return 'open ' .. since
end

if open then
  if ours then redis.call('HDEL', P .. 's:' .. queue_of(lane), lane) end -- its sender lives: no strike
  if #ARGV > 21 then redis.call('HSET', R, unpack(ARGV, 22)) end
  if ARGV[15] ~= '' then jot('o', ARGV[15]) end
  local given_up = false
  if verdict == 'again' or verdict == 'more' then
    if r[3] == '1' then
      verdict = 'cancelled'
    elseif not head then
      -- A run that left its lane never returns to it by itself.
      given_up, verdict = true, 'failed'
    end
  end
  if rest then
    local gate = P .. 'g:' .. r[4]
    local had = tonumber(redis.call('HGET', gate, 'until') or '0')
    if till > had then redis.call('HSET', gate, 'until', till, 'reason', 'throttled') end
  end
  if verdict == 'again' then
    redis.call('HSET', R, 'state', 'waiting', 'until', till, 'attempt', '')
    if not rest then park = till end
  elseif verdict == 'more' then
    redis.call('HSET', R, 'state', 'queued', 'attempt', '')
  elseif verdict == 'unknown' then
    if state ~= 'unknown' then
      redis.call('HSET', R, 'state', 'unknown', 'unknown_since', now)
      look_into(run)
    end
    if head then park = till end
  else
    redis.call('HSET', R, 'state', verdict, 'end', now)
    redis.call('PEXPIRE', R, ARGV[11])
    redis.call('ZREM', P .. 'exp', run)
    pop(lane, run)
  end
  if ARGV[6] ~= 'again' or given_up then
    for _, one in ipairs(cjson.decode(ARGV[13])) do record(one) end
  end
  if given_up then
    for _, one in ipairs(cjson.decode(ARGV[14])) do record(one) end
  end
  if verdict == 'failed' and ARGV[12] ~= '' then
    letter(run, 'run', cjson.decode(ARGV[12]), r[4])
  end
  if verdict ~= 'more' and r[5] and r[5] ~= '' then
    local talk = P .. 'v:' .. r[4] .. ':' .. r[5]
    if redis.call('HGET', talk, 'flight') == run then redis.call('HDEL', talk, 'flight', 'flight_until') end
    tell_held(run)
  end
end

if open then breaker = judge(r[4], ARGV[16]) end

if not ours then
  if head and redis.call('HEXISTS', P .. 'h:' .. queue_of(lane), lane) == 0 and let_go(lane, park) and not park then
    ring(queue_of(lane))
  end
  return { 'ok', rung, false, breaker }
end
local following = (not park and ARGV[9] == '1' and not closed_until(queue_of(lane))) and head_of(lane) or nil
if not following then
  let_go(lane, park)
  return { 'ok', rung, false, breaker }
end
redis.call('ZADD', P .. 'q:' .. queue_of(lane), now + tonumber(ARGV[10]), lane)
due(queue_of(lane))
return { 'next', rung, following, breaker }
