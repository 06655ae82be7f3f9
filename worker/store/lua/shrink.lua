#!lua flags=allow-oom
-- shrink(now, stream, most, last: as XRANGE writes where to end) → how many of its oldest entries were forgotten
-- At most so many, none beyond `last`; of events `eg` remembers the last of them, as in trim.lua.
local stream = P .. ARGV[2]
local found = redis.call('XRANGE', stream, '-', ARGV[4], 'COUNT', ARGV[3])
if #found == 0 then return 0 end
local id = found[#found][1]
if ARGV[2] == 'ev' then redis.call('SET', P .. 'eg', id) end
local ms, number = string.match(id, '(%d+)-(%d+)')
return redis.call('XTRIM', stream, 'MINID', '=', ms .. '-' .. (tonumber(number) + 1))
