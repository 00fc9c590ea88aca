/* All unit tests of the programs' parts. */

int auth_tests(void);
int bootstrap_input_tests(void);
int bootstrap_list_tests(void);
int bootstrap_sessions_tests(void);
int config_tests(void);
int credentials_tests(void);
int device_values_tests(void);
int encoding_tests(void);
int firmware_tests(void);
int histogram_tests(void);
int history_tests(void);
int inbox_tests(void);
int json_out_tests(void);
int model_file_tests(void);
int models_tests(void);
int operation_list_tests(void);
int router_tests(void);
int store_operation_tests(void);
int store_tests(void);
int values_tests(void);
int wall_tests(void);

int main(void)
{
    return auth_tests() + bootstrap_input_tests() + bootstrap_list_tests() +
           bootstrap_sessions_tests() + config_tests() + credentials_tests() +
           device_values_tests() + encoding_tests() + firmware_tests() + histogram_tests() +
           history_tests() + inbox_tests() + json_out_tests() + model_file_tests() +
           models_tests() + operation_list_tests() + router_tests() + store_operation_tests() +
           store_tests() + values_tests() + wall_tests();
}
