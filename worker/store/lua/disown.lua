#!lua flags=allow-oom
-- disown(now, q, token) → {1, rung…} | {0}: whoever claimed with this token lives, and works on nothing: its lane is let go,
--   or where another has it already, its strike taken back
local q, token = ARGV[2], ARGV[3]
local held = redis.call('HGETALL', P .. 'h:' .. q)
for at = 1, #held, 2 do
  if held[at + 1] == token then
    let_go(held[at])
    return { 1, unpack(rung) }
  end
end
local struck = redis.call('HGETALL', P .. 's:' .. q)
for at = 1, #struck, 2 do
  if string.find(struck[at + 1], token, 1, true) then holds(struck[at], token) end
end
return { 0 }
