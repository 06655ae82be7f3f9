-- ingest(now, source, "m", method, "k", hook, "q", query, "h", headers, "b", body, …) → {id, rung…}
-- The journal is the inbound queue.
local source = ARGV[2]
local id = redis.call('XADD', P .. 'in:' .. source, '*', unpack(ARGV, 3))
jot('i', source .. '\t' .. id .. '\t' .. ARGV[4] .. '\t' .. ARGV[6] .. '\t' .. #ARGV[12])
wake('in:' .. source .. '/0')
return { id, unpack(rung) }
