-- record(a) writes one event and all it touches, once: the second time it is a duplicate.
--
-- a: 1 event id, 2 event JSON, 3 retention ms, 4 connection, 5 conversation ("" none), 6 message id ("" none),
--    7 its provider id, 8 status ("" none), 9 status time ms ("" unknown), 10 direction, 11 window until ms ("" none),
--    12 occurred ms, 13 contact JSON ("" none), 14 run ("" none), 15 echo ("1": of what we said), 16 subscriptions ("a,b")
--    17 timeline kind, 18 record retention ms, 19 our own reference as a receipt gives it back ("" none)

local FORWARD = { accepted = 1, sent = 2, delivered = 3, read = 4 }
local FINAL = { expired = 1, failed = 2, rejected = 3 }

-- How far a message came, and its failure: what loses is kept as `other`, so that receipts may come in any order and as
-- often as they like.  Forward only; delivered and read beat a failure, unless the provider's own times say that the
-- failure came later than the last of them.  Of failures the later one; without times the graver.
local function later(a, b)
  if a and b then return math.max(a, b) end
  return a or b
end

local function further(had, new)
  local from, to = FORWARD[had[1]], FORWARD[new[1]]
  if to < 3 and from >= 3 then return had end
  if to >= 3 and from >= 3 or to == from then
    return { to > from and new[1] or had[1], later(had[2], new[2]) }
  end
  return to > from and new or had
end

local function graver(had, new)
  if had[2] ~= new[2] then
    if had[2] and new[2] then return new[2] > had[2] and new or had end
    return new[2] and new or had
  end
  return FINAL[new[1]] > FINAL[had[1]] and new or had
end

-- The fields of a message that this status changes.
local function moved(kept, status, at)
  local new = { status, tonumber(at) }
  local on, off = FORWARD[status] and new, FINAL[status] and new
  if not on and not off then -- a word nobody knows changes nothing
    if kept[1] and kept[1] ~= status then return {} end
    new[2] = later(tonumber(kept[2]), new[2])
  end
  for i = 1, 3, 2 do
    local had = kept[i] and { kept[i], tonumber(kept[i + 1]) }
    if had and FORWARD[had[1]] then on = on and further(had, on) or had end
    if had and FINAL[had[1]] then off = off and graver(had, off) or had end
  end
  local first, second = on or off or new, nil
  if on and off then
    local failed = FORWARD[on[1]] < 3 or (on[2] and off[2] and off[2] > on[2])
    first, second = failed and off or on, failed and on or off
  end
  if not second then return { 'status', first[1], 'sat', first[2] or '' } end
  return { 'status', first[1], 'sat', first[2] or '', 'other', second[1], 'oat', second[2] or '' }
end

-- One read and one write.  What was told first stays, but for how far it came, its run, and that it was deleted.
local function upsert_message(a)
  local key = P .. 'm:' .. a[6]
  local had = redis.call('HMGET', key, 'status', 'sat', 'other', 'oat', 'at', 'pid', 'connection', 'conversation',
    'direction')
  local found = a[8] ~= '' and moved(had, a[8], a[9]) or {}
  local function put(name, value, before)
    if before or value == '' then return end
    found[#found + 1] = name
    found[#found + 1] = value
  end
  put('at', a[12], a[17] ~= 'message.received' and had[5]) -- a reaction may come before it
  put('pid', a[7], had[6])
  put('connection', a[4], had[7])
  put('conversation', a[5], had[8])
  put('direction', a[10], had[9])
  put('run', a[14])
  if a[17] == 'message.deleted' then put('deleted', a[12]) end -- final, whatever arrives late
  if found[1] then redis.call('HSET', key, unpack(found)) end
  redis.call('PEXPIRE', key, a[18])
  local told = a[17] == 'message.received' or a[17] == 'message.sent' or a[14] ~= ''
  if not had[7] then
    index(P .. 'mi:' .. a[4], a[6])
    if a[17] == 'message.status' and not told then
      -- Known by a receipt alone so far: what stays so is the unmatched report.
      index(P .. 'um', a[6])
      redis.call('ZREMRANGEBYRANK', P .. 'um', 0, -10001)
    end
  elseif told then
    redis.call('ZREM', P .. 'um', a[6])
  end
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

-- A script that tells several facts of one conversation touches it once.
local touched = {}

local function upsert_conversation(a)
  local key = P .. 'v:' .. a[4] .. ':' .. a[5]
  if touched[key] and a[11] == '' and a[13] == '' then return end
  touched[key] = true
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
    redis.call('SET', P .. 'rf:' .. a[4] .. ':' .. a[19], now .. ' ' .. a[7], 'PX', a[18])
  end
end

-- Whoever opted out gets nothing more until they opt in again; what arrives late does not undo what was said after it.
local function note_consent(a)
  if a[5] == '' or a[17] ~= 'conversation.optout' and a[17] ~= 'conversation.optin' then return end
  local key, at = P .. 'oo:' .. a[4], math.min(tonumber(a[12]) or now, now)
  local since = tonumber(redis.call('HGET', key, a[5]) or '0') or 0
  if a[17] == 'conversation.optout' then
    redis.call('HSET', key, a[5], math.max(at, since))
  elseif at >= since then
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
  if redis.call('ZREM', P .. 'held', run) == 0 then return end
  local found = redis.call('HVALS', P .. 'eh:' .. run)
  redis.call('DEL', P .. 'eh:' .. run)
  for _, one in ipairs(found) do record(cjson.decode(one)) end
end
