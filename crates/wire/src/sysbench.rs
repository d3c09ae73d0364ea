//! What sysbench prints at the end of a run.

/// Events a second. Source: sysbench 1.0 `src/tests/cpu/sb_cpu.c` and `src/tests/memory/sb_memory.c`.
pub fn rate(text: &str) -> Option<f64> {
    let rate = |line: &str| match line.trim().strip_prefix("events per second:") {
        Some(rate) => rate.trim().parse().ok(),
        // Total operations: 2396958 (2383850.87 per second)
        None => line.strip_suffix(" per second)")?.rsplit_once('(')?.1.parse().ok(),
    };
    text.lines().find_map(rate).filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tests_tell_their_rate() {
        let cpu = include_str!("../tests/transcripts/sysbench/cpu-1.0.20.txt");
        assert_eq!(rate(cpu), Some(61.31));
        let memory = include_str!("../tests/transcripts/sysbench/memory-1.0.20.txt");
        assert_eq!(rate(memory), Some(2_383_850.87));
        assert_eq!(rate("FATAL: Cannot find benchmark 'gpu'"), None);
        assert_eq!(rate("events per second: 0.00"), None);
    }
}
