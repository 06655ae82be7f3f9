#!lua flags=allow-oom
-- claim(now, q, token, lease ms, limit, batch, answering "1", tick seen ms or "", judging "1")
--   → {"empty"} | {"idle", ms} | {"wait", ms} | {"full"} | {"back"}: Redis was restored, and is being held
--   → {"lane", lane, former token or "", strikes, rings, head}    head: {id, record}, or {cursor, requests} of a source
--   judging: only what a dead holder has left at the provider, also behind a closed gate: nobody else comes for it there
--   asked again with its token, as when its answer was lost: the same lane
local q, token, lease, limit, batch = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local Q, H = P .. 'q:' .. q, P .. 'h:' .. q
-- Only who answers a wake-up takes the bell down; who merely goes on to the next lane leaves it, else every lane rings.
if ARGV[7] == '1' then redis.call('DEL', P .. 'b:' .. q) end
if went_back(ARGV[8]) then return { 'back' } end

local judging = ARGV[9] == '1'
local till = closed_until(q)
if till and not judging then
  due(q)
  return { 'wait', till }
end

-- A lane whose holder's lease ran out adds nothing to the parallelism: it is found even when all slots are taken.
local function choose()
  for at, holder in ipairs(redis.call('HVALS', H)) do
    if holder == token then return 'lane', redis.call('HKEYS', H)[at] end
  end
  if judging then
    -- Those that were parked for their deadline before the gate was closed are nobody's: a handful is looked at each time.
    for _, some in ipairs({ redis.call('HKEYS', H), redis.call('ZRANDMEMBER', Q, 64) }) do
      for _, lane in ipairs(some) do
        local head = redis.call('LINDEX', P .. 'l:' .. lane, 0)
        local score = tonumber(redis.call('ZSCORE', Q, lane) or '')
        if head and score and score <= now and redis.call('HGET', P .. 'r:' .. head, 'state') == 'leaving' then
          return 'lane', lane
        end
      end
    end
    return 'empty'
  end
  local first = redis.call('ZRANGE', Q, 0, 0, 'WITHSCORES')
  if not first[1] then return 'empty' end
  if tonumber(first[2]) > now then return 'idle', first[2] end
  if redis.call('HLEN', H) < limit or redis.call('HEXISTS', H, first[1]) == 1 then return 'lane', first[1] end
  for _, lane in ipairs(redis.call('HKEYS', H)) do
    local score = tonumber(redis.call('ZSCORE', Q, lane) or '')
    if not score then
      redis.call('HDEL', H, lane)
      return 'lane', first[1]
    end
    if score <= now then return 'lane', lane end
  end
  return 'full'
end

for _ = 1, 16 do
  local found, lane = choose()
  if found ~= 'lane' then
    due(q)
    return { found, lane }
  end
  local former = redis.call('HGET', H, lane) or ''
  if former == token then former = '' end
  local source = string.match(lane, '^in:([^/]+)/')
  local seen, tokens, careful = strikes_of(lane)
  if careful == '-' then careful = nil end
  local head, item
  if source then
    local cursor, entries = requests(source, careful and 1 or batch)
    if former ~= '' and entries[1] and not careful then
      -- The batch a holder died in is taken one by one, so that only the item that kills is struck.
      careful = entries[#entries][1]
      entries = { entries[1] }
    end
    item = entries[1] and entries[1][1]
    head = { cursor, entries }
  else
    head = head_of(lane)
    item = head and head[1]
  end
  if not item then
    let_go(lane)
  else
    -- Strikes: the holders that died on this very item.  What is not done again can kill nobody again.
    local struck = false
    if seen ~= item then tokens = '' end
    if former ~= '' then
      local r = redis.call('HMGET', P .. 'r:' .. item, 'state', 'repeatable')
      struck = not r[1] or r[1] == 'queued' or r[1] == 'waiting' or (r[1] == 'leaving' and r[2] == '1')
      if struck then tokens = tokens == '' and former or tokens .. ',' .. former end
      strike(lane, item, tokens, careful)
    end
    local _, strikes = string.gsub(tokens, '[^,]+', '')
    if struck and strikes == 2 then
      -- Once more and it is set aside: it rests a while, so that deaths which follow each other quickly, whatever
      -- they come from, do not meet it again.
      let_go(lane, now + math.min(2 * lease, 30000))
    else
      redis.call('HSET', H, lane, token)
      redis.call('ZADD', Q, now + lease, lane)
      local next = due(q)
      if next and next <= now and redis.call('HLEN', H) < limit then ring(q) end
      return { 'lane', lane, former, strikes, rung, head }
    end
  end
end
due(q)
return { 'idle', now }
