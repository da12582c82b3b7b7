import assert from 'node:assert/strict';

/** More players than this are 2^n values that nobody has the time for. */
export const PLAYERS_MAX = 20;

/**
 * Every player's Shapley value by its definition (Shapley 1953): the mean, over all orders in which
 * the players may come, of what a player adds when it comes. `values[S]` is what coalition S is
 * worth, bit i of S being player i; 2^players of them. The oracle of everything in this room.
 */
export function shapleyValues(players: number, values: Float64Array): Float64Array {
  assert.ok(players <= PLAYERS_MAX && values.length === 2 ** players);
  const shares = orderShares(players);
  const phi = new Float64Array(players);
  for (let coalition = 0; coalition < values.length; coalition += 1) {
    const size = bits(coalition);
    for (let player = 0; player < players; player += 1) {
      if (coalition & (1 << player)) continue;
      const added = (values[coalition | (1 << player)] as number) - (values[coalition] as number);
      phi[player] = (phi[player] as number) + (shares[size] as number) * added;
    }
  }
  return phi;
}

/** By coalition size s: the share of all orders in which a given player comes right after it. */
function orderShares(players: number): Float64Array {
  const shares = new Float64Array(players);
  for (let size = 0; size < players; size += 1) {
    let share = 1 / players;
    for (let i = 1; i <= size; i += 1) share *= i / (players - i); // 1 / (n * C(n - 1, s))
    shares[size] = share;
  }
  return shares;
}

export function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
