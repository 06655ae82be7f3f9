#!lua flags=allow-oom
-- forget(now, before µs, most) → how many dead letters older than that were forgotten, at most so many of each index
local count = 0
for _, name in ipairs({ 'dl', 'dld' }) do
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. name, '-inf', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])) do
    forget_letter(id)
    count = count + 1
  end
end
return count
