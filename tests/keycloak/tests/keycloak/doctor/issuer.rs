use super::{Doctor, scene::cure};
use crate::environment::run;

#[test]
fn wrong_realm() {
    run(async |env| {
        let issuer = env.shop.issuer().replace("/realms/shop", "/realms/shopp");
        let doctor = Doctor::at(&issuer);
        doctor
            .assert_first_wrong("discovery", "no_such_realm")
            .await;
    });
}

#[test]
fn another_scheme_and_another_host() {
    run(async |env| {
        let (realm, admin) = env.own_realm("doctor-names").await;
        let asked = realm.issuer();
        let origin = asked.strip_suffix("/realms/doctor-names").unwrap();
        let over_tls = origin.replace("http:", "https:");
        for (name, cause) in [
            ("https://id.shop.example", "issuer_host"),
            (over_tls.as_str(), "issuer_scheme"),
        ] {
            admin.set_frontend_url(name).await.unwrap();
            let report = Doctor::at(asked).assert_first_wrong("issuer", cause).await;
            let cure = cure(&report, "issuer").join("\n");
            let both = format!("--issuer {name}/realms/doctor-names --fetch-from {asked}");
            assert!(cure.contains(&both), "{cure}");
            let issuer = format!("{name}/realms/doctor-names");
            let doctor = Doctor::at(&issuer).arguments(&["--fetch-from", asked]);
            doctor.assert_nothing_wrong().await;
        }
        // The other way round: https where the server speaks http.
        let issuer = asked.replace("http:", "https:");
        Doctor::at(&issuer)
            .assert_first_wrong("tls", "no_tls")
            .await;
        admin.delete_realm().await.unwrap();
    });
}

#[test]
fn trailing_slash() {
    run(async |env| {
        let issuer = format!("{}/", env.shop.issuer());
        let doctor = Doctor::at(&issuer);
        doctor
            .assert_first_wrong("issuer", "issuer_trailing_slash")
            .await;
    });
}
