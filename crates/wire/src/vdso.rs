//! The vDSO (vdso(7)): where it lies, and the functions in it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What the image of a vDSO says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `e_machine` of its ELF header.
    pub machine: u16,
    /// Its functions, by all names that they have.
    pub functions: Vec<Function>,
}

/// A function that programs may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Where it begins, from the start of the image.
    pub start: u64,
    /// Where that number stands in the image: who changes it gives callers another function.
    pub place: u64,
}

/// The addresses of the vDSO in `/proc/PID/maps`.
pub fn range(maps: &str) -> Option<Range<u64>> {
    let line = maps.lines().find(|line| line.ends_with("[vdso]"))?;
    let (start, end) = line.split_whitespace().next()?.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    Some(address(start)?..address(end)?)
}

/// Reads the dynamic symbols of an image; none of anything but a little-endian 64-bit ELF. Source: elf(5).
pub fn parse(image: &[u8]) -> Option<Image> {
    const SHT_DYNSYM: u64 = 11;
    // \x7fELF, ELFCLASS64, ELFDATA2LSB.
    if !image.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let machine = u16::try_from(number(image, 18, 2)?).ok()?;
    let (sections, count) = (number(image, 40, 8)?, number(image, 60, 2)?);
    let section = |index: u64| sections.checked_add(index.checked_mul(64)?);
    let symbols = (0..count).find(|index| {
        section(*index).and_then(|at| number(image, at.checked_add(4)?, 4)) == Some(SHT_DYNSYM)
    })?;
    let at = section(symbols)?;
    // sh_offset, sh_size, sh_link: its names stand in that section.
    let (offset, size, link) =
        (number(image, at + 24, 8)?, number(image, at + 32, 8)?, number(image, at + 40, 4)?);
    let names = number(image, section(link)?.checked_add(24)?, 8)?;
    // A size that is made up ends with the image.
    let end = offset.checked_add(size)?.min(image.len() as u64);
    let symbols = (offset..end).step_by(24);
    let functions = symbols.filter_map(|symbol| function(image, symbol, names)).collect();
    Some(Image { machine, functions })
}

/// A symbol that is defined and is a function.
fn function(image: &[u8], symbol: u64, names: u64) -> Option<Function> {
    const STT_FUNC: u64 = 2;
    let name = names.checked_add(number(image, symbol, 4)?)?;
    let (info, defined) = (number(image, symbol + 4, 1)?, number(image, symbol + 6, 2)? != 0);
    let place = symbol + 8;
    let start = number(image, place, 8)?;
    let bytes = image.get(usize::try_from(name).ok()?..)?;
    let name = bytes.split(|byte| *byte == 0).next()?;
    let name = std::str::from_utf8(name).ok()?.to_owned();
    (info & 0xf == STT_FUNC && defined).then_some(Function { name, start, place })
}

/// A little-endian number of so many bytes; none beyond the end.
fn number(image: &[u8], at: u64, length: usize) -> Option<u64> {
    let start = usize::try_from(at).ok()?;
    let bytes = image.get(start..start.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_by_all_their_names() {
        let image = parse(include_bytes!("../tests/transcripts/vdso/small.so")).unwrap();
        // EM_X86_64
        assert_eq!(image.machine, 62);
        let found = image.functions.iter().map(|f| (f.name.as_str(), f.start, f.place));
        let symbols = 64 + 8;
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                ("__vdso_clock_gettime", 0xaf0, symbols + 24),
                ("clock_gettime", 0xaf0, symbols + 48),
                ("__vdso_time", 0xac0, symbols + 72),
            ]
        );
    }

    #[test]
    fn it_is_found_among_the_mappings() {
        let maps = "7ffdfecfa000-7ffdfed1b000 rw-p 00000000 00:00 0   [stack]\n\
                    7ffdfed9c000-7ffdfed9e000 r-xp 00000000 00:00 0   [vdso]\n";
        assert_eq!(range(maps), Some(0x7ffd_fed9_c000..0x7ffd_fed9_e000));
        assert_eq!(range("7ff-800 r--p 00000000 00:00 0 [vvar]"), None);
    }

    #[test]
    fn what_is_cut_off_has_no_functions() {
        let whole = include_bytes!("../tests/transcripts/vdso/small.so");
        for length in 0..whole.len() - 40 {
            assert_eq!(parse(&whole[..length]), None, "{length} bytes");
        }
    }
}
