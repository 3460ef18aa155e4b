//! Checks guards against the commits since their lists were read: all except the last few before the
//! store is locked for the commit.

use crate::core::error::Error;
use crate::store::commit::{Committed, Rejected};
use crate::store::guard::Guard;
use crate::store::recent_commits::RecentCommits;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The maximum number of commits that a guard is checked against. A call that read before these runs
/// again.
const MAX_COMMITS: u64 = 10_000;
/// The maximum number of pairs of a changed record and a guard that are checked on the caller's thread.
const MAX_INLINE: usize = 2_000;

/// Returns the recent commits after the oldest of the reads.
///
/// # Errors
///
/// [`Rejected::GuardFailed`] if some of these are no longer available, or if they are too many to
/// check.
pub(super) fn commits_since(
    guards: &[Guard],
    recent: &RecentCommits,
) -> Result<Vec<Arc<Committed>>, Rejected> {
    let reads = guards.iter().map(|guard| guard.read_seq).enumerate();
    let Some((oldest, seq)) = reads.min_by_key(|&(_, seq)| seq) else {
        return Ok(Vec::new());
    };
    // A reader may see a commit shortly before it is published.
    let commits = match recent.head().saturating_sub(seq) {
        0 => return Ok(Vec::new()),
        1..=MAX_COMMITS => recent.after(seq, usize::MAX).ok(),
        _ => None,
    };
    commits.ok_or(Rejected::GuardFailed(oldest))
}

/// Checks each guard against each of these commits.
///
/// # Errors
///
/// [`Rejected::GuardFailed`] with the position of a guard that one of the commits violates.
pub(super) fn check<'a>(
    guards: &[Guard],
    commits: impl IntoIterator<Item = &'a Arc<Committed>>,
) -> Result<(), Rejected> {
    for committed in commits {
        if let Some(at) = guards.iter().position(|it| committed.breaks(it)) {
            return Err(Rejected::GuardFailed(at));
        }
    }
    Ok(())
}

/// Returns whether this check takes too long for the caller's thread.
pub(super) fn takes_long(guards: &[Guard], commits: &[Arc<Committed>]) -> bool {
    let changes = commits.iter().map(|it| it.changes.len()).sum::<usize>();
    changes.saturating_mul(guards.len()) > MAX_INLINE
}

/// Checks the guards on a thread for blocking work, and returns them.
pub(super) async fn check_aside(
    guards: Vec<Guard>,
    commits: Vec<Arc<Committed>>,
) -> Result<Vec<Guard>, Rejected> {
    let checked = spawn_blocking(move || {
        check(&guards, &commits)?;
        Ok(advanced(guards, &commits))
    });
    let failed = |error| Err(Rejected::Failed(Error::internal(error)));
    checked.await.unwrap_or_else(failed)
}

/// Returns the guards as if the lists had been read after these commits, which they were checked
/// against.
pub(super) fn advanced(mut guards: Vec<Guard>, commits: &[Arc<Committed>]) -> Vec<Guard> {
    if let Some(newest) = commits.last() {
        for guard in &mut guards {
            guard.read_seq = guard.read_seq.max(newest.seq);
        }
    }
    guards
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::QueryFilter;

    fn recent(commits: u64, capacity: usize) -> RecentCommits {
        let (mut recent, mut trimmed) = (RecentCommits::new(capacity), Vec::new());
        for seq in 1..=commits {
            let committed = Committed::new(seq, 0, Vec::new(), Vec::new());
            recent.push(Arc::new(committed), &mut trimmed);
        }
        recent
    }

    fn guard(read_seq: u64) -> Guard {
        Guard {
            resource: 0,
            filter: QueryFilter::All,
            range: None,
            read_seq,
        }
    }

    #[test]
    fn read_too_far_back_or_before_the_log_fails() {
        let since = |guards: &[Guard], recent: &RecentCommits| {
            let commits = commits_since(guards, recent);
            commits
                .map(|commits| commits.len())
                .map_err(|rejected| match rejected {
                    Rejected::GuardFailed(at) => at,
                    other => panic!("{other:?}"),
                })
        };
        let long = recent(MAX_COMMITS + 1, usize::MAX);
        assert_eq!(since(&[guard(2), guard(1)], &long), Ok(10_000));
        assert_eq!(since(&[guard(2), guard(0)], &long), Err(1));
        // A reader was faster than the list of recent commits.
        assert_eq!(since(&[guard(MAX_COMMITS + 2)], &long), Ok(0));
        let trimmed = recent(10, 0);
        assert_eq!(since(&[guard(9)], &trimmed), Ok(1));
        assert_eq!(since(&[guard(8)], &trimmed), Err(0));
    }
}
