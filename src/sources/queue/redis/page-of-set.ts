/**
 * Reads the members behind a cursor in the order of the set, (score, member), as far as a highest score. What is
 * removed meanwhile moves nothing out of sight, and any number of equal scores costs a logarithm. The answer is flat: of
 * each member its name, its score and its fields.
 * KEYS: the set. ARGV: cursor's score or '', cursor's member, highest score, most members, most bytes, prefix of the
 * hashes of the members or '', fields of the hashes.
 */
export const PAGE_OF_SET = `
local key = KEYS[1]
local function behind(member, other)
  local longest = math.min(#member, #other)
  for at = 1, longest do
    local a, b = string.byte(member, at), string.byte(other, at)
    if a ~= b then return a > b end
  end
  return #member > #other
end
local rank = 0
if ARGV[1] ~= '' then
  local known = redis.call('ZRANK', key, ARGV[2])
  if known and redis.call('ZSCORE', key, ARGV[2]) == ARGV[1] then
    rank = known + 1
  else
    local low, high, score = 0, redis.call('ZCARD', key), tonumber(ARGV[1])
    while low < high do
      local middle = math.floor((low + high) / 2)
      local entry = redis.call('ZRANGE', key, middle, middle, 'WITHSCORES')
      local here = tonumber(entry[2])
      if here > score or (here == score and behind(entry[1], ARGV[2])) then high = middle else low = middle + 1 end
    end
    rank = low
  end
end
local STEP = 32
local page, size, count, bytes = {}, 0, 0, 0
local highest, most, mostBytes, hashes = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
while count < most and bytes < mostBytes do
  local some = redis.call('ZRANGE', key, rank, rank + math.min(STEP, most - count) - 1, 'WITHSCORES')
  if #some == 0 then break end
  for at = 1, #some, 2 do
    if tonumber(some[at + 1]) > highest or bytes >= mostBytes then return page end
    page[size + 1], page[size + 2] = some[at], some[at + 1]
    size = size + 2
    bytes = bytes + #some[at]
    if hashes ~= '' then
      local fields = redis.call('HMGET', hashes .. some[at], unpack(ARGV, 7))
      for index = 1, #ARGV - 6 do
        page[size + index] = fields[index]
        if fields[index] then bytes = bytes + #fields[index] end
      end
      size = size + #ARGV - 6
    end
    count, rank = count + 1, rank + 1
  end
end
return page
`;
