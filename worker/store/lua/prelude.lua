-- What every script shares.  KEYS[1] is "f:{p}:due", the partition's own; ARGV[1] is now in ms for tests, "" else.
--
-- Invariant: a lane has items <=> it has a score in its queue's sorted set, held or not; only while held it may be empty
-- (a late fact took its last item).  A lane is called "<queue>/<rest>", so its queue can be read off it.

local P = string.sub(KEYS[1], 1, -4)
local now = tonumber(ARGV[1])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local rung = {}

-- A Redis that was restored from an old backup does not know what has left since.  `seen` is the latest tick that this worker
-- knows of, in ms ("" for none): a Redis whose own last one is more than a minute before that went back.  Until
-- worker/restored.py has held what may have left, nothing is begun.
local function went_back(seen)
  if redis.call('HGET', P .. 'back', 'done') == '0' then return true end
  seen = tonumber(seen or '')
  return seen ~= nil and seen - (tonumber(redis.call('GET', P .. 'turn') or '') or 0) > 60000
end

local function queue_of(lane) return string.match(lane, '^([^/]+)/') end

-- What concerns a whole queue closes its gate until a time: pause, breaker or a missing token that of the connection
-- (`until`), pace and a person that of one queue (`pace:<queue>`, `stop:<queue>`).  The queue is not due before, and nobody is woken for it.
local function gate_of(q)
  local connection = string.match(q, '^out:([^:]+):')
  if connection then return P .. 'g:' .. connection end
  if string.sub(q, 1, 4) == 'dlv:' then return P .. 'g:' .. q end
  return nil
end

local function closed_until(q)
  local gate = gate_of(q)
  if not gate then return nil end
  local held = redis.call('HMGET', gate, 'until', 'pace:' .. q, 'stop:' .. q)
  local till = math.max(tonumber(held[1] or '') or 0, tonumber(held[2] or '') or 0, tonumber(held[3] or '') or 0)
  return till > now and till or nil
end

-- due(q) is the score of the queue's first lane, no earlier than its gate opens, or gone.  Gives the first lane's score, nil for no lane.
local function due(q)
  local first = redis.call('ZRANGE', P .. 'q:' .. q, 0, 0, 'WITHSCORES')
  if first[2] then
    redis.call('ZADD', P .. 'due', math.max(tonumber(first[2]), closed_until(q) or 0), q)
  else
    redis.call('ZREM', P .. 'due', q)
  end
  return tonumber(first[2] or '')
end

-- At most one wake-up on its way a queue and 2 s; what is to be published is told to the caller in `rung`.
local function ring(q)
  if closed_until(q) then return end
  local bell = P .. 'b:' .. q
  local had = tonumber(redis.call('GET', bell) or '')
  if had and had > now then return end
  redis.call('SET', bell, now + 2000, 'PX', 2000)
  rung[#rung + 1] = q
end

local function wake(lane)
  local q = queue_of(lane)
  if redis.call('ZADD', P .. 'q:' .. q, 'NX', now, lane) == 1 then
    due(q)
    ring(q)
  end
end

-- Indexes are read newest first, page by page: no two of their scores are the same, or a page could end between twins.
-- In µs, the first of each ms free for its own.
local function index(key, member)
  local top = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  redis.call('ZADD', key, math.max(now * 1000, (tonumber(top[2] or '') or 0) + 1), member)
end

-- An unknown run is looked into beside its lane, by the ticker, until something is proven: see lua/looking.lua.
local function look_into(run) redis.call('ZADD', P .. 'rec', now + 5000, run) end

-- Strikes on the head of a lane: "<item> <token,token…> <careful>".  A strike is a holder that was never heard of again,
-- by its token; "-" is none.
local function strikes_of(lane)
  local item, tokens, careful = string.match(redis.call('HGET', P .. 's:' .. queue_of(lane), lane) or '',
    '^(%S+) (%S+) (%S+)$')
  return item, (tokens or '-') ~= '-' and tokens or '', careful
end

local function strike(lane, item, tokens, careful)
  local S = P .. 's:' .. queue_of(lane)
  if tokens == '' and (careful or '-') == '-' then
    redis.call('HDEL', S, lane)
  else
    redis.call('HSET', S, lane, item .. ' ' .. (tokens == '' and '-' or tokens) .. ' ' .. (careful or '-'))
  end
end

-- Whether the lane is this holder's.  One who lost it and asks was frozen and is not dead: its strike is taken back.
local function holds(lane, token)
  if token == '' then return false end
  if redis.call('HGET', P .. 'h:' .. queue_of(lane), lane) == token then return true end
  local item, tokens, careful = strikes_of(lane)
  if item then
    local left = {}
    for one in string.gmatch(tokens, '[^,]+') do
      if one ~= token then left[#left + 1] = one end
    end
    strike(lane, item, table.concat(left, ','), careful)
  end
  return false
end

-- The lane is nobody's: parked until `till`, ready now, or gone when nothing is in it.  Emptiness is tested here.
local function let_go(lane, till)
  local q = queue_of(lane)
  redis.call('HDEL', P .. 'h:' .. q, lane)
  local filled
  local source = string.match(lane, '^in:([^/]+)/')
  if source then
    local cursor = redis.call('GET', P .. 'c:' .. source) or '0-0'
    filled = #redis.call('XRANGE', P .. 'in:' .. source, '(' .. cursor, '+', 'COUNT', 1) > 0
  else
    filled = redis.call('EXISTS', P .. 'l:' .. lane) == 1
  end
  if filled then
    redis.call('ZADD', P .. 'q:' .. q, till or now, lane)
  else
    redis.call('ZREM', P .. 'q:' .. q, lane)
    redis.call('HDEL', P .. 's:' .. q, lane)
  end
  due(q)
  return filled
end

-- Takes the head only when it is this item: compared by id, never popped blindly.
local function pop(lane, item)
  if redis.call('LINDEX', P .. 'l:' .. lane, 0) == item then
    redis.call('LPOP', P .. 'l:' .. lane)
    redis.call('HDEL', P .. 's:' .. queue_of(lane), lane)
    return true
  end
  return false
end

-- A run that ended at the head of a lane nobody holds frees it at once; a holder drops it himself.  Whether more is in it.
local function drop(lane, run)
  if redis.call('HEXISTS', P .. 'h:' .. queue_of(lane), lane) == 1 then return false end
  return pop(lane, run) and let_go(lane)
end

-- At most `count` requests and about a megabyte after the cursor.
local function requests(source, count)
  local cursor = redis.call('GET', P .. 'c:' .. source) or '0-0'
  local found, bytes, after = {}, 0, cursor
  while #found < count and bytes < 1048576 do
    local step = math.min(16, count - #found)
    local some = redis.call('XRANGE', P .. 'in:' .. source, '(' .. after, '+', 'COUNT', step)
    for _, entry in ipairs(some) do
      found[#found + 1] = entry
      for _, field in ipairs(entry[2]) do bytes = bytes + #field end
      after = entry[1]
    end
    if #some < step then break end
  end
  return cursor, found
end

-- One line of the activity log, which keeps about the newest 10,000: see activity.py for kinds and words.
local function jot(kind, words) redis.call('XADD', P .. 'log', 'MAXLEN', '~', '10000', '*', kind, words) end

-- Dead letters: copies of what ended without success, for a person.  What waits stands in `dl` and, by cause, in
-- `dlw:<cause>`, and is counted in `dlg`; what was dealt with stands in `dld` until its time is over.
local function group_of(d)
  return d[1] .. ' ' .. ((d[2] or '') == '' and '-' or d[2]) .. ' ' .. ((d[3] or '') == '' and '-' or d[3]) .. ' ' .. d[4]
end

-- It waits no more; `d`: its kind, provider, connection and cause.
local function unlist(id, d)
  redis.call('ZREM', P .. 'dl', id)
  redis.call('ZREM', P .. 'dlw:' .. d[4], id)
  local group = group_of(d)
  if redis.call('HINCRBY', P .. 'dlg', group, -1) <= 0 then redis.call('HDEL', P .. 'dlg', group) end
end

local function letter_of(id)
  return redis.call('HMGET', P .. 'dl:' .. id, 'kind', 'provider', 'connection', 'cause', 'done', 'size')
end

local function forget_letter(id)
  local d = letter_of(id)
  if d[1] and not d[5] then unlist(id, d) end
  redis.call('ZREM', P .. 'dl', id)
  redis.call('ZREM', P .. 'dld', id)
  redis.call('DEL', P .. 'dl:' .. id)
  redis.call('HINCRBY', P .. 'dlb', 'bytes', -(tonumber(d[6] or '') or 0))
end

-- told: {cause, connection?, provider?, text?, json, most?, room?}.  One that waits stays as it is; one that was dealt with
-- and fails again waits again.  Beyond `most` letters or `room` bytes the oldest go, what was dealt with first.
local function letter(id, kind, told, connection)
  local L = P .. 'dl:' .. id
  local d = letter_of(id)
  if d[1] and not d[5] then return end
  if d[1] then
    redis.call('ZREM', P .. 'dld', id)
    redis.call('HDEL', L, 'done', 'how', 'by', 'why', 'ask', 'mark')
    redis.call('HINCRBY', L, 'again', 1)
  end
  local size = #told.json + 512 -- with its fields and its places in the indexes, about
  redis.call('HSET', L, 'kind', kind, 'provider', told.provider or '', 'connection', connection or told.connection or '',
    'cause', told.cause, 'text', told.text or '', 'at', now, 'json', told.json, 'size', size)
  index(P .. 'dl', id)
  index(P .. 'dlw:' .. told.cause, id)
  redis.call('HINCRBY', P .. 'dlg', group_of(letter_of(id)), 1)
  redis.call('HINCRBY', P .. 'dlb', 'bytes', size - (tonumber(d[6] or '') or 0))
  for _ = 1, 16 do
    local many = told.most and redis.call('ZCARD', P .. 'dl') + redis.call('ZCARD', P .. 'dld') > told.most
    local much = told.room and (tonumber(redis.call('HGET', P .. 'dlb', 'bytes') or '') or 0) > told.room
    if not many and not much then return end
    local oldest = redis.call('ZRANGE', P .. 'dld', 0, 0)[1]
    if not oldest then
      oldest = redis.call('ZRANGE', P .. 'dl', 0, 0)[1]
      if not oldest or oldest == id then return end
      redis.call('HINCRBY', P .. 'dlb', 'dropped', 1)
    end
    forget_letter(oldest)
  end
end

-- Somebody deals with a letter that waits.  how: "replayed" | "discarded" | "resolved"; who: {by, why, ask, sweep}, `ask` being
-- the asking itself, which may be repeated.  Whether it was this one who dealt with it; `out`: it is not at rest yet.
local function deal(id, how, who, out)
  local L = P .. 'dl:' .. id
  local d = letter_of(id)
  if not d[1] then return false end
  if d[5] then return redis.call('HGET', L, 'ask') == who.ask end
  unlist(id, d)
  redis.call('HSET', L, 'done', now, 'how', how, 'by', who.by, 'why', who.why, 'ask', who.ask)
  if not out then index(P .. 'dld', id) end
  if who.sweep ~= '' then redis.call('HINCRBY', P .. 'sw:' .. who.sweep, 'done', 1) end
  return true
end

-- The head of a lane with all that is known of it: {id, record}; record is a run's hash with the contact and the window
-- of its conversation, or an event's JSON with "<tries> <since ms>" of its delivery.
local function head_of(lane)
  local item = redis.call('LINDEX', P .. 'l:' .. lane, 0)
  if not item then return nil end
  if string.sub(lane, 1, 4) == 'dlv:' then
    local tried = redis.call('HGET', P .. 'd:' .. queue_of(lane), lane) or ''
    -- A delivery that is replayed names its dead letter: the event itself may be forgotten by now.
    if string.sub(item, 1, 4) == 'evt_' then
      local kept = redis.call('HMGET', P .. 'dl:' .. item, 'json', 'mark')
      return { item, kept[1], tried, kept[2] }
    end
    local found = redis.call('XRANGE', P .. 'ev', item, item)
    return { item, found[1] and found[1][2][4] or false, tried }
  end
  local record = redis.call('HGETALL', P .. 'r:' .. item)
  local r = redis.call('HMGET', P .. 'r:' .. item, 'connection', 'conversation')
  if r[1] and r[2] and r[2] ~= '' then
    local talk = redis.call('HMGET', P .. 'v:' .. r[1] .. ':' .. r[2], 'contact', 'window')
    for i, name in ipairs({ 'contact', 'window' }) do
      if talk[i] then
        record[#record + 1] = name
        record[#record + 1] = talk[i]
      end
    end
  end
  return { item, record }
end
