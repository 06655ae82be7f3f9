#!lua flags=allow-oom
-- trim(now, before ms) → how many events older than that were forgotten; `eg` remembers the last of them, so that a
-- cursor before it is told so (XTRIM itself does not say)
local oldest = ARGV[2] .. '-0'
local last = redis.call('XREVRANGE', P .. 'ev', '(' .. oldest, '-', 'COUNT', 1)[1]
if not last then return 0 end
redis.call('SET', P .. 'eg', last[1])
return redis.call('XTRIM', P .. 'ev', 'MINID', '=', oldest)
