//! Servers: where they listen, how they stop.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::harness::BINARY;

/// A server, killed when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(BINARY)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { process, address }
    }

    /// The exit code, once it ends by itself; within ten seconds.
    fn ends(&mut self) -> Option<i32> {
        for _ in 0..500 {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{} runs on after ten seconds", self.address);
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.process.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    fn stderr(mut self) -> String {
        let mut said = String::new();
        let stderr = self.process.stderr.take().unwrap();
        let _ = self.process.kill();
        BufReader::new(stderr).read_to_string(&mut said).unwrap();
        said
    }
}

#[test]
fn servers_stop_when_asked_to() {
    for signal in ["-TERM", "-INT"] {
        let mut scheduler = Server::start(&["scheduler", "--port", "0"]);
        let mut executor =
            Server::start(&["executor", "--scheduler", &scheduler.address, "--port", "0"]);
        executor.signal(signal);
        assert_eq!(executor.ends(), Some(0), "executor {signal}");
        scheduler.signal(signal);
        assert_eq!(scheduler.ends(), Some(0), "scheduler {signal}");
    }
}

#[test]
fn servers_end_with_the_program_that_started_them() {
    let mut scheduler = Server::start(&["scheduler", "--port", "0", "--stop-with-stdin"]);
    let arguments = [
        "executor",
        "--scheduler",
        &scheduler.address,
        "--port",
        "0",
        "--stop-with-stdin",
    ];
    let mut executor = Server::start(&arguments);
    // What the system does with the pipes of a process that is killed.
    drop(executor.process.stdin.take());
    assert_eq!(executor.ends(), Some(0));
    drop(scheduler.process.stdin.take());
    assert_eq!(scheduler.ends(), Some(0));
}

#[test]
fn loopback_is_the_default_and_anything_else_is_said() {
    let scheduler = Server::start(&["scheduler", "--port", "0"]);
    assert!(
        scheduler.address.starts_with("127.0.0.1:"),
        "{}",
        scheduler.address
    );
    assert_eq!(scheduler.stderr(), "");
    let scheduler = Server::start(&["scheduler", "--port", "0", "--bind", "0.0.0.0"]);
    assert!(
        scheduler.address.starts_with("0.0.0.0:"),
        "{}",
        scheduler.address
    );
    let said = scheduler.stderr();
    assert!(said.contains("no TLS and no authentication"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_an_error_with_the_address() {
    let scheduler = Server::start(&["scheduler", "--port", "0"]);
    let port = scheduler.address.rsplit(':').next().unwrap();
    let second = Command::new(BINARY)
        .args(["scheduler", "--port", port])
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(
        said.starts_with(&format!("error: cannot listen on {}", scheduler.address)),
        "{said}"
    );
}

#[test]
fn an_executor_without_a_scheduler_says_so() {
    let arguments = [
        "executor",
        "--scheduler",
        "127.0.0.1:1",
        "--port",
        "0",
        "--patience",
        "1",
    ];
    let executor = Command::new(BINARY).args(arguments).output().unwrap();
    assert_eq!(executor.status.code(), Some(5));
    let said = String::from_utf8(executor.stderr).unwrap();
    assert!(
        said.starts_with("error: no scheduler answers at 127.0.0.1:1"),
        "{said}"
    );
}

#[test]
fn an_executor_that_listens_everywhere_must_say_where_it_is() {
    let scheduler = Server::start(&["scheduler", "--port", "0"]);
    let executor = Command::new(BINARY)
        .args([
            "executor",
            "--scheduler",
            &scheduler.address,
            "--port",
            "0",
            "--bind",
            "0.0.0.0",
        ])
        .output()
        .unwrap();
    assert_eq!(executor.status.code(), Some(1));
    let said = String::from_utf8(executor.stderr).unwrap();
    assert!(said.contains("name one with --advertise"), "{said}");
}
