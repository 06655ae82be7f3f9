-- ingest(now, source, field, value, …) → {id, rung…}: the journal is the inbound queue.
local source = ARGV[2]
local id = redis.call('XADD', P .. 'in:' .. source, '*', unpack(ARGV, 3))
wake('in:' .. source .. '/0')
return { id, unpack(rung) }
