-- commit(now, a1 … a19) → {"duplicate" | "held" | stream id, rung…}
local told = record({ unpack(ARGV, 2) })
return { told, unpack(rung) }
