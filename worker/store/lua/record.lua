-- record(a) writes one event and all it touches, once: the second time it is a duplicate.
--
-- a: 1 event id, 2 event JSON, 3 retention ms, 4 connection, 5 conversation ("" none), 6 message id ("" none),
--    7 its provider id, 8 status ("" none), 9 status time ms ("" unknown), 10 direction, 11 window until ms ("" none),
--    12 occurred ms, 13 contact JSON ("" none), 14 run ("" none), 15 echo ("1": of what we said), 16 subscriptions ("a,b")
--    17 timeline kind, 18 record retention ms, 19 our own reference as a receipt gives it back ("" none)

local FORWARD = { accepted = 1, sent = 2, delivered = 3, read = 4 }

-- Statuses only move forward.  Delivered and read beat failed and expired; the provider's own time decides only
-- between two final ones that both have it.
local function newer(old, old_at, new, new_at)
  if not old then return true end
  local from, to = FORWARD[old], FORWARD[new]
  if from and to then return to > from end
  if new == 'unknown' then return false end
  if old == 'unknown' then return true end
  if to then -- the old one is a failure
    if to < 3 then return false end
    if old_at and new_at then return new_at >= old_at end
    return true
  end
  if from then -- the new one is a failure
    if from < 3 then return true end
    if old_at and new_at then return new_at > old_at end
    return false
  end
  return old_at ~= nil and new_at ~= nil and new_at > old_at
end

local function upsert_message(a)
  local key = P .. 'm:' .. a[6]
  local had = redis.call('HMGET', key, 'status', 'sat')
  if a[8] ~= '' and newer(had[1] or nil, tonumber(had[2] or ''), a[8], tonumber(a[9])) then
    redis.call('HSET', key, 'status', a[8], 'sat', a[9])
  end
  redis.call(a[17] == 'message.received' and 'HSET' or 'HSETNX', key, 'at', a[12]) -- a reaction may come before it
  if a[7] ~= '' then redis.call('HSETNX', key, 'pid', a[7]) end
  if redis.call('HSETNX', key, 'connection', a[4]) == 1 then index(P .. 'mi:' .. a[4], a[6]) end
  if a[5] ~= '' then redis.call('HSETNX', key, 'conversation', a[5]) end
  if a[10] ~= '' then redis.call('HSETNX', key, 'direction', a[10]) end
  if a[14] ~= '' then redis.call('HSET', key, 'run', a[14]) end
  if a[17] == 'message.deleted' then redis.call('HSET', key, 'deleted', a[12]) end -- final, whatever arrives late
  redis.call('PEXPIRE', key, a[18])
  local t = P .. 't:' .. a[6]
  redis.call('RPUSH', t, a[17] .. ' ' .. a[1] .. ' ' .. now)
  redis.call('PEXPIRE', t, a[18])
end

-- What a fact leaves open stays as it was told before, of the same contact: an echo or a receipt knows no name.
local function merged(had, given)
  if not had then return given end
  local old, new = cjson.decode(had), cjson.decode(given)
  local before, now_told = old.contact, new.contact
  if type(before) ~= 'table' or type(now_told) ~= 'table' or before.id ~= now_told.id then return given end
  for name, value in pairs(before) do
    if now_told[name] == nil or now_told[name] == cjson.null then now_told[name] = value end
  end
  return cjson.encode(new)
end

local function upsert_conversation(a)
  local key = P .. 'v:' .. a[4] .. ':' .. a[5]
  if a[11] ~= '' then
    local open = tonumber(redis.call('HGET', key, 'window') or '0')
    if tonumber(a[11]) > open then redis.call('HSET', key, 'window', a[11]) end
  end
  if a[13] ~= '' then redis.call('HSET', key, 'contact', merged(redis.call('HGET', key, 'contact'), a[13])) end
  redis.call('HSET', key, 'last', now)
  redis.call('PEXPIRE', key, 2592000000)
  index(P .. 'vi:' .. a[4], a[5])
end

-- What may prove later that an unknown run arrived: echoes nobody is known to have said, and receipts that carry our own
-- reference.
local function keep_evidence(a)
  if a[17] == 'message.sent' and a[14] == '' and a[5] ~= '' then
    local key = P .. 'ec:' .. a[4] .. ':' .. a[5]
    redis.call('ZADD', key, tonumber(a[12]) or now, a[1])
    redis.call('ZREMRANGEBYRANK', key, 0, -51)
    redis.call('PEXPIRE', key, 86400000)
  end
  if (a[19] or '') ~= '' and a[7] ~= '' then
    redis.call('SET', P .. 'rf:' .. a[4] .. ':' .. a[19], a[7], 'PX', a[18])
  end
end

-- Whoever opted out gets nothing more until they opt in again; what arrives late does not undo what was said after it.
local function note_consent(a)
  if a[5] == '' then return end
  local key, at = P .. 'oo:' .. a[4], math.min(tonumber(a[12]) or now, now)
  local since = tonumber(redis.call('HGET', key, a[5]) or '0') or 0
  if a[17] == 'conversation.optout' then
    redis.call('HSET', key, a[5], math.max(at, since))
  elseif a[17] == 'conversation.optin' and at >= since then
    redis.call('HDEL', key, a[5])
  end
end

local function record(a)
  if redis.call('EXISTS', P .. 'e:' .. a[1]) == 1 then return 'duplicate' end
  -- An echo of a run still in flight waits with it, so an app does not take its own answer for a person's.
  if a[15] == '1' and a[5] ~= '' then
    local key = P .. 'v:' .. a[4] .. ':' .. a[5]
    local flight = redis.call('HMGET', key, 'flight', 'flight_until')
    if flight[1] and tonumber(flight[2]) > now then
      a[15] = ''
      redis.call('HSET', P .. 'eh:' .. flight[1], a[1], cjson.encode(a))
      redis.call('ZADD', P .. 'held', tonumber(flight[2]), flight[1])
      return 'held'
    end
  end
  local id = redis.call('XADD', P .. 'ev', '*', 'id', a[1], 'j', a[2])
  redis.call('SET', P .. 'e:' .. a[1], id, 'PX', a[3])
  if a[6] ~= '' then upsert_message(a) end
  if a[5] ~= '' then upsert_conversation(a) end
  keep_evidence(a)
  note_consent(a)
  for name in string.gmatch(a[16], '[^,]+') do
    local lane = 'dlv:' .. name .. '/' .. a[4] .. ':' .. a[5]
    redis.call('RPUSH', P .. 'l:' .. lane, id)
    wake(lane)
  end
  return id
end

-- What was held with a run is told now; what the run itself has told by then is a duplicate.
local function tell_held(run)
  local found = redis.call('HVALS', P .. 'eh:' .. run)
  redis.call('DEL', P .. 'eh:' .. run)
  redis.call('ZREM', P .. 'held', run)
  for _, one in ipairs(found) do record(cjson.decode(one)) end
end
