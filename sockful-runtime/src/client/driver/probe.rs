//! Finds the frame that makes the server close the connection.
//!
//! After a close that the same frame would cause again, unanswered frames are sent one at a time, each
//! after the reply to the previous one. If the server closes the connection again, the frame in flight
//! is rejected, and the others continue.

use super::{Driver, Timer};
use crate::core::error::{Error, ErrorKind};

/// The frame in flight while frames are sent one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    /// The request with this id.
    Call(u64),
    /// The subscription whose inbox has this number.
    Subscription(u64),
}

/// Returns whether the same frame would cause a close with this code again.
pub(super) fn is_fault(code: u16) -> bool {
    matches!(code, 1002 | 1003 | 1007 | 1008 | 1009)
}

impl Driver {
    /// Sends the waiting requests and subscriptions, or only the next of them.
    pub(super) fn send_waiting(&mut self) {
        if !self.is_careful {
            self.send_waiting_calls();
            self.begin_waiting();
            return;
        }
        if !self.is_ready || self.probe.is_some() {
            return;
        }
        if let Some(id) = self.next_waiting_call() {
            self.probe = Some(Probe::Call(id));
            self.send_call(id);
        } else if let Some(number) = self.next_waiting_subscription() {
            self.probe = Some(Probe::Subscription(number));
            self.begin(number);
        } else {
            self.is_careful = false;
        }
    }

    /// Called when the frame in flight has been answered, or will not be.
    pub(super) fn passed(&mut self, frame: Probe) {
        if self.probe == Some(frame) {
            self.probe = None;
            self.send_waiting();
        }
    }

    /// Records how the server has closed the connection. Returns whether a frame was the cause.
    pub(super) fn note_close(&mut self) -> bool {
        let probe = self.probe.take();
        let Some(code) = self.close_code.take().filter(|code| is_fault(*code)) else {
            return false;
        };
        self.is_careful = true;
        let kind = if code == 1009 {
            ErrorKind::TooLarge
        } else {
            ErrorKind::BadFrame
        };
        let message = format!("the server closes the connection with code {code} on this request");
        match probe {
            Some(Probe::Call(id)) => self.fail(id, Error::new(kind, message)),
            Some(Probe::Subscription(number)) => {
                self.timers.clear(Timer::SubscribeAgain(number));
                self.end_subscription(number, Error::new(kind, message));
            }
            None => {}
        }
        true
    }

    /// Returns an error if the server does not accept a frame of this size.
    pub(super) fn check_size(&self, text: &str) -> Result<(), Error> {
        let max = self.server_info.as_ref().and_then(|info| info.max_frame);
        match max {
            Some(max) if text.len() > max => {
                let message = "the request is larger than the server accepts";
                Err(Error::new(ErrorKind::TooLarge, message).with_limit("max_frame", max))
            }
            _ => Ok(()),
        }
    }
}
