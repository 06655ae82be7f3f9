#!lua flags=allow-oom
-- advance(now, source, token, from, to, lease ms, batch) → {"next", cursor, requests} | {"done"} | {"lost"}
-- Only the holder, and only if the cursor stands where the batch began.
local source, token, from, to = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local lane = 'in:' .. source .. '/0'
local q = 'in:' .. source
if not holds(lane, token) then return { 'lost' } end
local cursor = redis.call('GET', P .. 'c:' .. source) or '0-0'
if cursor ~= from and cursor ~= to then return { 'lost' } end
redis.call('SET', P .. 'c:' .. source, to)
local _, _, careful = strikes_of(lane)
local batch = tonumber(ARGV[7])
if careful then
  local function later(a, b)
    local a1, a2 = string.match(a, '(%d+)-(%d+)')
    local b1, b2 = string.match(b, '(%d+)-(%d+)')
    a1, a2, b1, b2 = tonumber(a1), tonumber(a2), tonumber(b1), tonumber(b2)
    return a1 > b1 or (a1 == b1 and a2 >= b2)
  end
  if careful == '-' or later(to, careful) then
    redis.call('HDEL', P .. 's:' .. q, lane)
  else
    strike(lane, '-', '', careful)
    batch = 1
  end
end
local at, entries = requests(source, batch)
if #entries == 0 or ARGV[6] == '0' then
  let_go(lane)
  return { 'done' }
end
redis.call('ZADD', P .. 'q:' .. q, now + tonumber(ARGV[6]), lane)
due(q)
return { 'next', at, entries }
