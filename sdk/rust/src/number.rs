//! Fractions as text, exactly, by long division: the shortest text that reads as the same number, and
//! the nearest number to a text. Rust's own are faster, with tables that weigh 30 KiB in a plugin.
use alloc::vec::Vec;
use core::cmp::Ordering;

/// A whole number of up to 4096 bits, the lowest 32 first. What is above is lost: the callers stay
/// below.
#[derive(Clone)]
struct Big {
    limbs: [u32; LIMBS],
    /// How many of them may be other than 0.
    used: usize,
}
const LIMBS: usize = 128;

impl Big {
    fn new(value: u64) -> Big {
        let mut big = Big { limbs: [0; LIMBS], used: 2 };
        big.limbs[0] = value as u32;
        big.limbs[1] = (value >> 32) as u32;
        big
    }

    fn push(&mut self, limb: u32) {
        if let Some(place) = self.limbs.get_mut(self.used) {
            *place = limb;
            self.used += 1;
        }
    }

    /// self * factor + more
    fn multiply(&mut self, factor: u32, more: u32) {
        let mut carry = u64::from(more);
        for limb in self.limbs.iter_mut().take(self.used) {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.push(carry as u32);
        }
    }

    fn multiply_by_ten_to(&mut self, exponent: usize) {
        for _ in 0..exponent / 9 {
            self.multiply(1_000_000_000, 0);
        }
        for _ in 0..exponent % 9 {
            self.multiply(10, 0);
        }
    }

    fn double(&mut self, times: usize) {
        for _ in 0..times / 31 {
            self.multiply(1 << 31, 0);
        }
        self.multiply(1 << (times % 31), 0);
    }

    fn add(&mut self, other: &Big) {
        let mut carry = 0;
        while self.used < other.used {
            self.push(0);
        }
        for (limb, more) in self.limbs.iter_mut().zip(&other.limbs).take(self.used) {
            carry += u64::from(*limb) + u64::from(*more);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.push(carry as u32);
        }
    }

    /// self - other, which is not larger.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = 0;
        for (limb, less) in self.limbs.iter_mut().zip(&other.limbs).take(self.used) {
            let difference = i64::from(*limb) - i64::from(*less) - borrow;
            *limb = difference as u32;
            borrow = i64::from(difference < 0);
        }
    }

    fn compare(&self, other: &Big) -> Ordering {
        let mine = self.limbs.iter().take(self.used.max(other.used)).rev();
        let others = other.limbs.iter().take(self.used.max(other.used)).rev();
        mine.cmp(others)
    }

    fn bits(&self) -> i32 {
        let mut limb = self.used;
        while limb > 0 {
            limb -= 1;
            let value = self.limbs.get(limb).copied().unwrap_or(0);
            if value != 0 {
                return limb as i32 * 32 + 32 - value.leading_zeros() as i32;
            }
        }
        0
    }
}

/// As many digits as can matter: the middle between two numbers has 767 at most.
const MOST_DIGITS: usize = 770;

/// The number nearest to a text that is one of JSON, of two that are as near the even one; nothing
/// if it is too large.
// Not inlined: what calls it calls itself for each array in an array, with a stack of 64 KiB.
#[inline(never)]
pub(crate) fn parse(text: &[u8]) -> Option<f64> {
    let mut digits = Big::new(0);
    let mut count = 0usize;
    let mut exponent = 0i64;
    let mut behind_point = false;
    let mut more = false;
    let mut rest = text.iter();
    for byte in rest.by_ref() {
        match byte {
            b'0'..=b'9' => {
                exponent -= i64::from(behind_point);
                let digit = u32::from(byte - b'0');
                if count < MOST_DIGITS {
                    digits.multiply(10, digit);
                    count += usize::from(count > 0 || digit > 0);
                } else {
                    exponent += 1;
                    more |= digit > 0;
                }
            }
            b'.' => behind_point = true,
            b'e' | b'E' => break,
            _ => {}
        }
    }
    if more {
        // It is somewhat larger than its first digits: no tie.
        digits.multiply(10, 1);
        count += 1;
        exponent -= 1;
    }
    let mut written = 0i64;
    let mut below = false;
    for byte in rest {
        match byte {
            b'0'..=b'9' => written = (written * 10 + i64::from(byte - b'0')).min(1 << 40),
            b'-' => below = true,
            _ => {}
        }
    }
    exponent += if below { -written } else { written };
    let sign = text.first() == Some(&b'-');
    let value = from_decimal(digits, count as i64, exponent)?;
    Some(if sign { -value } else { value })
}

/// digits * 10^exponent
fn from_decimal(digits: Big, count: i64, exponent: i64) -> Option<f64> {
    if count == 0 || count + exponent < -330 {
        return Some(0.0);
    }
    if count + exponent > 310 {
        return None;
    }
    if count <= 15 && exponent.abs() <= 22 {
        // Both are numbers as they are, so that one division or multiplication rounds once.
        let whole = (u64::from(digits.limbs[1]) << 32 | u64::from(digits.limbs[0])) as f64;
        let power = (0..exponent.abs()).fold(1.0, |power, _| power * 10.0);
        return Some(if exponent < 0 { whole / power } else { whole * power });
    }
    let (mut above, mut below) = (digits, Big::new(1));
    if exponent >= 0 {
        above.multiply_by_ten_to(exponent as usize);
    } else {
        below.multiply_by_ten_to(exponent.unsigned_abs() as usize);
    }
    // The number is above / below * 2^power, and that fraction from 1 to 2.
    let mut power = above.bits() - below.bits();
    if power > 0 {
        below.double(power as usize);
    } else {
        above.double(power.unsigned_abs() as usize);
    }
    if above.compare(&below) == Ordering::Less {
        above.double(1);
        power -= 1;
    }
    if power > 1023 {
        return None;
    }
    // Bits that there is room for: fewer in numbers next to 0.
    let room = if power >= -1022 { 53 } else { power + 1022 + 53 };
    if room < 0 {
        return Some(0.0);
    }
    let mut fraction = 0u64;
    for _ in 0..room {
        fraction <<= 1;
        if above.compare(&below) != Ordering::Less {
            above.subtract(&below);
            fraction |= 1;
        }
        above.double(1);
    }
    fraction += match above.compare(&below) {
        Ordering::Less => 0,
        Ordering::Equal => fraction & 1,
        Ordering::Greater => 1,
    };
    // A fraction of 2^53 carries into the exponent, as it should.
    let bits = if room == 53 { (((power + 1022) as u64) << 52) + fraction } else { fraction };
    Some(f64::from_bits(bits)).filter(|value| value.is_finite())
}

/// The digits of the shortest text that reads as `value`, which is more than 0, and where the point
/// is: 25 and 1 are 2.5.
fn shortest(value: f64) -> (Vec<u8>, i32) {
    let bits = value.to_bits();
    let biased = (bits >> 52) as i32 & 2047;
    let stored = bits & ((1 << 52) - 1);
    let fraction = if biased == 0 { stored } else { stored | 1 << 52 };
    let power = biased.max(1) - 1075;
    // To the number below it is half as far where the exponent changes.
    let uneven = usize::from(stored == 0 && biased > 1);
    // The number is rest / whole. What is nearer to it than `margin` reads as it does: that much
    // below it, and above it twice that if the distances are uneven.
    let mut rest = Big::new(fraction);
    let mut whole = Big::new(1);
    let mut margin = Big::new(1);
    rest.double(1 + uneven);
    whole.double(1 + uneven);
    if power >= 0 {
        rest.double(power as usize);
        margin.double(power as usize);
    } else {
        whole.double(power.unsigned_abs() as usize);
    }
    let even = fraction & 1 == 0;
    let too_high = |rest: &Big, margin: &Big, whole: &Big| {
        let mut sum = margin.clone();
        sum.double(uneven);
        sum.add(rest);
        match sum.compare(whole) {
            Ordering::Less => false,
            Ordering::Equal => even,
            Ordering::Greater => true,
        }
    };
    // About its logarithm, from that of 2, 1233 / 4096; what is wrong with it is mended below.
    let mut point = ((biased - 1023) * 1233) >> 12;
    if point > 0 {
        whole.multiply_by_ten_to(point as usize);
    } else {
        rest.multiply_by_ten_to(point.unsigned_abs() as usize);
        margin.multiply_by_ten_to(point.unsigned_abs() as usize);
    }
    while too_high(&rest, &margin, &whole) {
        whole.multiply(10, 0);
        point += 1;
    }
    let mut digits = Vec::new();
    loop {
        rest.multiply(10, 0);
        margin.multiply(10, 0);
        if digits.is_empty() && !too_high(&rest, &margin, &whole) {
            point -= 1;
            continue;
        }
        let mut digit = b'0';
        while rest.compare(&whole) != Ordering::Less {
            rest.subtract(&whole);
            digit += 1;
        }
        let low = match rest.compare(&margin) {
            Ordering::Less => true,
            Ordering::Equal => even,
            Ordering::Greater => false,
        };
        let high = too_high(&rest, &margin, &whole);
        if low || high {
            rest.double(1);
            let up = high && (!low || rest.compare(&whole) != Ordering::Less);
            digits.push(digit + u8::from(up));
            return (digits, point);
        }
        digits.push(digit);
    }
}

/// As JSON has it: 0.00001 to 10^16 in full, all else with an exponent; null if it has no word for it.
#[inline(never)]
pub(crate) fn write(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let value = f64::from_bits(value.to_bits() & !(1 << 63));
    if value < 1e15 && value as i64 as f64 == value {
        crate::json::write_integer(out, value as i64);
        return;
    }
    let (digits, point) = shortest(value);
    let full = (-4..17).contains(&point);
    let before = if full { point } else { 1 };
    if before <= 0 {
        out.extend_from_slice(b"0.");
    }
    for _ in before..0 {
        out.push(b'0');
    }
    let mut written = 0;
    for digit in digits {
        if written == before && written > 0 {
            out.push(b'.');
        }
        out.push(digit);
        written += 1;
    }
    for _ in written..before {
        out.push(b'0');
    }
    if !full {
        out.push(b'e');
        crate::json::write_integer(out, i64::from(point - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;
    use std::string::ToString;

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        write(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    // Rust's own are the judges.
    fn expect_right(value: f64) {
        let absolute = value.abs();
        let as_rust = if value == 0.0 || (1e-5..1e16).contains(&absolute) {
            format!("{value}")
        } else {
            format!("{value:e}")
        };
        assert_eq!(written(value), as_rust);
        for text in [as_rust, format!("{value:.25e}"), format!("{value}")] {
            assert_eq!(parse(text.as_bytes()).map(f64::to_bits), Some(value.to_bits()), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_hard_are_written_and_read_as_rust_does() {
        for value in [
            0.0,
            1.0,
            10.0,
            0.5,
            0.1,
            0.2,
            0.3,
            2.5,
            100.0,
            123456.789,
            1e15,
            1e16,
            1e17,
            1e21,
            1e22,
            1e23,
            9007199254740993.0,
            9999999999999998.0,
            0.00001,
            0.000009999,
            5e-324,
            1e-323,
            2.2250738585072014e-308,
            2.225073858507201e-308,
            1.7976931348623157e308,
            9.5e-5,
            f64::EPSILON,
            4.35,
            0.000123,
            2e-44,
            8.41e21,
            2.0f64.powi(60),
            2.0f64.powi(-1000),
        ] {
            expect_right(value);
            expect_right(-value);
        }
        assert_eq!(written(f64::NAN), "null");
        assert_eq!(written(f64::NEG_INFINITY), "null");
    }

    #[test]
    fn numbers_by_chance_are_written_and_read_as_rust_does() {
        let mut random = 7u64;
        for round in 0..4_000u64 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let value = f64::from_bits(random ^ (random >> 29));
            if value.is_finite() {
                expect_right(value);
            }
            // Near 1, as most are, and with few digits.
            expect_right((random >> 40) as f64 / 1000.0);
            expect_right(round as f64 / 8.0);
        }
    }

    #[test]
    fn texts_between_two_numbers_go_to_the_nearer() {
        let texts = [
            "9007199254740993",
            "9007199254740993.0000000000000000000000000000000000000001",
            "9007199254740992.9999999999999999999999999999999999999999999",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1.7976931348623158e308",
            "0.1e1",
            "100e-2",
            "0e999",
            "0.0e-9",
            "6.9294956446009195e15",
            "1e-400",
            "-0.0",
            "123456789012345678901234567890e-30",
            "1E+2",
        ];
        for text in texts {
            let right: f64 = text.parse().unwrap();
            assert_eq!(parse(text.as_bytes()).unwrap().to_bits(), right.to_bits(), "{text}");
        }
        // The exact middles, as long as they get, and a little more and less.
        let one = 0x3FF0_0000_0000_0000;
        for bits in [1, 2, 3, (1 << 52) - 1, (1 << 52) + 1, one, one + 1, one + (1 << 60)] {
            let middle = middle(f64::from_bits(bits), f64::from_bits(bits + 1));
            for text in [middle.clone() + "1", middle.clone() + "0", middle.clone() + "000001"] {
                let right: f64 = text.parse().unwrap();
                assert_eq!(parse(text.as_bytes()).unwrap().to_bits(), right.to_bits(), "{text}");
            }
            let lower = bits + (bits & 1);
            assert_eq!(parse(middle.as_bytes()).unwrap().to_bits(), lower, "the even one");
            assert_eq!(parse((middle + "1").as_bytes()).unwrap().to_bits(), bits + 1);
        }
    }

    // In full: as texts that are added and halved.
    fn middle(low: f64, high: f64) -> String {
        let (low, high) = (format!("{low:.1100}"), format!("{high:.1100}"));
        assert_eq!(low.len(), high.len());
        let mut sum = Vec::new();
        let mut carry = 0;
        for (a, b) in low.bytes().zip(high.bytes()).rev() {
            if a == b'.' {
                sum.push(None);
                continue;
            }
            carry += a - b'0' + b - b'0';
            sum.push(Some(carry % 10));
            carry /= 10;
        }
        let mut text = String::new();
        for digit in sum.into_iter().rev() {
            match digit {
                Some(digit) => {
                    carry = carry * 10 + digit;
                    text.push((b'0' + carry / 2) as char);
                    carry %= 2;
                }
                None => text.push('.'),
            }
        }
        assert_eq!(carry, 0);
        text
    }

    #[test]
    fn what_is_too_large_is_nothing() {
        for text in ["1e309", "1.7976931348623159e308", "9e999999999999999999999", "-1e400"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        let long = "1".to_string() + &"0".repeat(400);
        assert_eq!(parse(long.as_bytes()), None);
        let small = "0.".to_string() + &"0".repeat(100_000) + "1e100000";
        assert_eq!(parse(small.as_bytes()), Some(0.1));
        assert_eq!(parse(("0.".to_string() + &"3".repeat(60_000)).as_bytes()), Some(1.0 / 3.0));
    }
}
