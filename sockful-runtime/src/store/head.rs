//! The number of the newest commit, which other tasks wait for.

use tokio::sync::watch;

/// Raises the head to `seq`, and leaves it as it is if another commit was faster.
pub(super) fn raise(head: &watch::Sender<u64>, seq: u64) {
    head.send_if_modified(|newest| {
        let is_newer = seq > std::mem::replace(newest, seq.max(*newest));
        // Waking costs hundreds of instructions even if nothing waits. A receiver that is created
        // meanwhile reads the head after this.
        is_newer && head.receiver_count() > 0
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raise_wakes_receivers_and_never_lowers_the_head() {
        let head = watch::Sender::new(0);
        raise(&head, 3);
        let mut receiver = head.subscribe();
        assert_eq!(*receiver.borrow_and_update(), 3);
        raise(&head, 2);
        assert!(!receiver.has_changed().expect("the sender exists"));
        raise(&head, 4);
        assert!(receiver.has_changed().expect("the sender exists"));
        assert_eq!(*receiver.borrow(), 4);
    }
}
