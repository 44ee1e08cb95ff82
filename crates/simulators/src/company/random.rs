//! A small seeded generator of numbers: xoshiro256** filled by splitmix64 (both by Blackman and Vigna, public
//! domain), so that a seed gives the same bytes on every platform and with every version of every crate.
//!
//! **Absent on purpose:** entropy. Nothing here is fit for keys.

/// A stream of numbers that follows from its seed and its name alone.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: [u64; 4],
}

/// One step of splitmix64, which spreads a poor seed over all bits.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Random {
    /// The stream `name` of `seed`. Streams of other names share nothing with it, so one account's figures do
    /// not move when another account draws more.
    pub(crate) fn seeded(seed: u64, name: &str) -> Self {
        let mut mix = seed;
        for byte in name.bytes() {
            mix = splitmix(&mut mix) ^ u64::from(byte);
        }
        Self { state: std::array::from_fn(|_| splitmix(&mut mix)) }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number from 0 up to, not including, `limit`; 0 for a limit of 0.
    /// Multiply and shift: the bias is below 2⁻³² for every limit used here.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(limit);
        u64::try_from(product >> 64).expect("the upper half of 128 bits fits 64")
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).unsigned_abs();
        low.saturating_add_unsigned(self.below(width + 1))
    }

    /// A place in a list of `len` things.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("smaller than a usize")
    }

    /// One of the things in a list, which must not be empty.
    pub(crate) fn pick<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.index(things.len())]
    }

    /// True `rate` times of 10,000.
    pub(crate) fn chance(&mut self, rate: u32) -> bool {
        self.below(10_000) < u64::from(rate)
    }

    /// One of the things, as often as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, things: &[(u32, T)]) -> T {
        let total = things.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut left = self.below(total);
        for (weight, thing) in things {
            if left < u64::from(*weight) {
                return *thing;
            }
            left -= u64::from(*weight);
        }
        things[things.len() - 1].1
    }

    /// `count` decimal digits, the first of them not 0.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        let mut text = String::with_capacity(count);
        for place in 0..count {
            let low = u64::from(place == 0);
            let digit = low + self.below(10 - low);
            text.push(char::from(b'0' + u8::try_from(digit).expect("one digit")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut random = Random::seeded(1, "sek");
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        let mut again = Random::seeded(1, "sek");
        assert_eq!(first, (0..3).map(|_| again.next()).collect::<Vec<_>>());
        assert_ne!(first[0], Random::seeded(1, "eur").next());
        assert_ne!(first[0], Random::seeded(2, "sek").next());
    }

    #[test]
    fn draws_stay_inside_their_limits_and_reach_them() {
        let mut random = Random::seeded(7, "limits");
        let draws: Vec<i64> = (0..1_000).map(|_| random.between(-2, 2)).collect();
        assert_eq!((draws.iter().min(), draws.iter().max()), (Some(&-2), Some(&2)));
        assert!((0..1_000).all(|_| random.below(1) == 0));
        assert!(random.digits(8).starts_with(|digit| digit != '0'));
    }
}
