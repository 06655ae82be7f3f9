#!lua flags=allow-oom
-- release(now, lane, token, until or "") → {1, rung…} | {0}: only the holder
local lane = ARGV[2]
if not holds(lane, ARGV[3]) then return { 0 } end
let_go(lane, tonumber(ARGV[4]))
return { 1, unpack(rung) }
