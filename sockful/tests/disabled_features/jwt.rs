use sockful::jwt::Jwt;

fn main() {}
