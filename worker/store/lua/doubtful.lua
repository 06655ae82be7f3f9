#!lua flags=allow-oom
-- doubtful(now, cursor, count) → {cursor, run…}: runs that have not ended, page by page; the last page has cursor "0"
local told = redis.call('ZSCAN', P .. 'exp', ARGV[2], 'COUNT', ARGV[3])
local found = { told[1] }
for i = 1, #told[2], 2 do found[#found + 1] = told[2][i] end
return found
